import { describe, expect, test } from "vitest";
import { parseTrialArguments, trialHelp } from "../../src/trial/arguments.ts";

const sent = { sends: "orders", byDefault: 200 };
const parse = (argv: readonly string[]) => parseTrialArguments(argv, sent);

describe("the command line of npm start", () => {
  test("has a default for everything", () => {
    expect(parse([])).toEqual({
      count: 200,
      chaos: 0.1,
      seed: 1,
      exit: false,
      json: false,
      verbose: false,
      open: false,
      help: false,
      ports: {},
    });
  });

  test("takes values after a blank and after an equals sign", () => {
    const argv = ["--orders", "500", "--chaos=0.3", "--seed", "7", "--port", "8080", "--exit", "--json"];
    expect(parse(argv)).toMatchObject({
      count: 500,
      chaos: 0.3,
      seed: 7,
      exit: true,
      json: true,
      ports: { functionUrls: 8080 },
    });
  });

  test.each([
    [["--orders", "-1"], '--orders must be a whole number from 0 to 100000, got "-1".'],
    [["--orders=-1"], '--orders must be a whole number from 0 to 100000, got "-1".'],
    [["--orders", "1.5"], 'got "1.5"'],
    [["--orders", "many"], 'got "many"'],
    [["--orders="], 'got ""'],
    [["--orders", "100001"], 'got "100001"'],
    [["--chaos", "1.1"], '--chaos must be a number from 0 to 1, got "1.1".'],
    [["--chaos", "-0.5"], '--chaos must be a number from 0 to 1, got "-0.5".'],
    [["--seed", "4294967296"], "--seed must be a whole number from 0 to 4294967295"],
    [["--port", "0"], "--port must be a whole number from 1 to 65535"],
    [["--frobnicate"], "Unknown option '--frobnicate'"],
    [["--frobnicate"], "Known flags: --orders, --chaos, --seed"],
    [["200"], "Unexpected argument '200'"],
    [["--orders"], "--orders"],
  ])("%j is refused: %s", (argv, message) => {
    expect(() => parse(argv)).toThrow(message);
  });

  test("the flag has the name of what is sent", () => {
    const requests = { sends: "requests", byDefault: 20 };
    expect(parseTrialArguments(["--requests", "3"], requests)).toMatchObject({ count: 3 });
    expect(() => parseTrialArguments(["--orders", "3"], requests)).toThrow("Known flags: --requests");
  });

  test("the help names every flag that is understood", () => {
    const named = new Set(trialHelp(sent).match(/--[a-z-]+/g));
    const understood = [
      "orders",
      "chaos",
      "seed",
      "exit",
      "json",
      "verbose",
      "open",
      "port",
      "sqs-port",
      "dynamodb-port",
      "console-port",
      "help",
    ];
    for (const flag of understood) expect(named).toContain(`--${flag}`);
  });
});
