import { readConfig, stackProps } from "@essentially-once/constructs/config";
import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { stackNamePrefix } from "../src/connect/stage-outputs.ts";
import { type DeadLetter, deadLettersOf } from "../src/dead-letters/dead-letter.ts";
import { dlqTool } from "../src/dead-letters/dlq-tool.ts";
import { refuseUnclear } from "../src/dead-letters/dlq-verbs.ts";
import { narrowed, selectionOf } from "../src/dead-letters/selection.ts";
import { journalTool } from "../src/journal/journal-tool.ts";
import { outboxTool } from "../src/outbox/outbox-tool.ts";
import { schedulesTool } from "../src/schedules/schedules-tool.ts";
import { ageText, readAge } from "../src/terminal/age.ts";
import { helpOf, numberGiven, readCommand } from "../src/terminal/command-line.ts";

describe("a command line", () => {
  test("has a verb, operands and flags", () => {
    expect(readCommand(dlqTool, ["show", "m-1", "--queue", "ReserveCredit", "--json"])).toEqual({
      verb: "show",
      operands: ["m-1"],
      given: { queue: "ReserveCredit", json: true },
    });
  });

  test("takes several ids, and ids that look like flags", () => {
    const id = `-${"x".repeat(42)}`;
    expect(readCommand(dlqTool, ["redrive", "--id", "a", "--id", id, "--yes"]).given).toEqual({
      id: ["a", id],
      yes: true,
    });
    expect(readCommand(dlqTool, ["show", id, "--json"])).toMatchObject({
      operands: [id],
      given: { json: true },
    });
  });

  test.each([
    [["cancel", "timed", "-x", "--yes"], ["timed", "-x"], { yes: true }],
    [["cancel", "-a", "b", "--yes"], ["-a", "b"], { yes: true }],
    [["cancel", "--yes", "timed", "--", "--json"], ["timed", "--json"], { yes: true }],
    [["show", "timed", "-"], ["timed", "-"], {}],
  ])("%j has operands that begin with a dash, in their order", (argv, operands, given) => {
    expect(readCommand(schedulesTool, argv)).toMatchObject({ operands, given });
  });

  test("a flag takes a value that begins with a dash, and no other flag", () => {
    const { given } = readCommand(dlqTool, ["discard", "--because", "- the bank", "--id", "-1", "--yes"]);
    expect(given).toEqual({ because: "- the bank", id: ["-1"], yes: true });
    expect(() => readCommand(dlqTool, ["discard", "--because", "--yes"])).toThrow(/--because/);
  });

  test("without a verb, or with --help, is answered with the help", () => {
    for (const argv of [[], ["--help"], ["redrive", "-h"], ["help"]]) {
      expect(readCommand(dlqTool, argv).verb).toBe("help");
    }
  });

  test.each([
    [["purge"], /needs one of list, show, redrive, discard, edit, pull, got "purge"/],
    [["list", "more"], /list takes no operand, got "more"/],
    [["show"], /show takes ID, got none/],
    [["list", "-x"], /list takes no operand, got "-x"/],
    [["discard", "--", "a", "--yes"], /got "a" "--yes". Behind -- everything is an operand/],
    [["list", "--yes"], /list takes no --yes; it takes --queue, --id/],
    [["list", "--frob"], /--frob.*Known flags: --queue, --id/s],
  ])("%j is refused and says why", (argv, message) => {
    expect(() => readCommand(dlqTool, argv)).toThrow(message);
  });

  test("a number has a range", () => {
    const range = { min: 1, max: 10, otherwise: 5 };
    expect(numberGiven({}, "rate", range)).toBe(5);
    expect(numberGiven({ rate: "7" }, "rate", range)).toBe(7);
    for (const rate of ["0", "11", "1.5", "x", "-1"]) {
      expect(() => numberGiven({ rate }, "rate", range)).toThrow(`from 1 to 10, got "${rate}"`);
    }
  });

  test("the help names every verb and every flag of a tool", () => {
    for (const tool of [dlqTool, outboxTool, journalTool]) {
      const help = helpOf<string>(tool);
      for (const [verb, { flags }] of Object.entries(tool.verbs)) {
        expect(help).toContain(`npm run ${tool.name} -- ${verb}`);
        for (const flag of flags) expect(help).toContain(`--${flag}`);
      }
    }
  });
});

describe("what is not clear is refused before anything is read", () => {
  test.each([
    ["redrive", {}, /Choose the dead letters to redrive/],
    ["redrive", { all: true, reason: ["X"] }, /cannot be combined/],
    ["redrive", { all: true, rate: "0" }, /--rate must be a whole number from 1/],
    ["redrive", { reason: ["X"], wait: true }, /--wait needs --yes/],
    ["discard", { all: true, because: "x".repeat(501) }, /at most 500 characters, got 501/],
    ["discard", { all: true }, /--because TEXT/],
    ["edit", {}, /--data FILE/],
  ] as const)("%s %j", (verb, given, message) => {
    expect(() => refuseUnclear(verb, given)).toThrow(message);
  });
});

describe("a selection", () => {
  test("by id, reason and age must hold together", () => {
    const deadLetter = aDeadLetter({ reason: "X", parkedAgoMs: 3_600_000 });
    expect(selectionOf("redrive", { reason: ["X"], "older-than": "30m" })(deadLetter)).toBe(true);
    expect(selectionOf("redrive", { reason: ["X"], "older-than": "2h" })(deadLetter)).toBe(false);
    expect(selectionOf("redrive", { reason: ["X"], "younger-than": "2h" })(deadLetter)).toBe(true);
    expect(selectionOf("redrive", { reason: ["Y"], "older-than": "30m" })(deadLetter)).toBe(false);
    expect(selectionOf("redrive", { all: true })(deadLetter)).toBe(true);
    expect(narrowed({})).toBeUndefined();
  });

  test("an age is a number and a unit", () => {
    expect(["90s", "30m", "12h", "7d"].map((text) => readAge("older-than", text) / 1_000)).toEqual([
      90, 1_800, 43_200, 604_800,
    ]);
    expect(() => readAge("older-than", "soon")).toThrow("--older-than must be a number with s, m, h or d");
    expect([0, 119, 120, 7_200, 172_800].map((seconds) => ageText(seconds * 1_000))).toEqual([
      "0 s",
      "119 s",
      "2 m",
      "2 h",
      "2 d",
    ]);
  });
});

test("a stage's stacks are found by the names that they get", () => {
  const { stackName } = stackProps(readConfig(new App().node), "Orders", "");
  expect(stackName).toBe(`${stackNamePrefix}dev-Orders`);
});

function aDeadLetter({ reason, parkedAgoMs }: { reason: string; parkedAgoMs: number }): DeadLetter {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  const ParkedAt = text(new Date(Date.now() - parkedAgoMs).toISOString());
  const [deadLetter] = deadLettersOf("Note", [
    { MessageId: "m", Body: "x", MessageAttributes: { ReasonCode: text(reason), ParkedAt } },
  ]);
  if (deadLetter === undefined) throw new Error("one message is one dead letter");
  return deadLetter;
}
