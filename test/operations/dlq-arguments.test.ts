import { describe, expect, test } from "vitest";
import { parseDlqArguments } from "../../operations/dlq-arguments.ts";

describe("the command line of dlq", () => {
  test("lists, of one consumer, as JSON", () => {
    expect(parseDlqArguments(["list", "--queue", "ReserveCredit", "--json"])).toEqual({
      action: "list",
      queue: "ReserveCredit",
      json: true,
      yes: false,
    });
  });

  test("a redrive takes several ids", () => {
    const { selection } = parseDlqArguments(["redrive", "--id", "a", "--id", "b", "--yes"]);
    expect(selection).toEqual({ by: "id", ids: ["a", "b"] });
  });

  test("without a command it shows the help", () => {
    expect(parseDlqArguments([]).action).toBe("help");
  });

  test.each([
    [["discard"], /Say which dead letters to discard/],
    [["redrive"], /--id ID, --reason CODE or --all/],
    [["redrive", "--all", "--reason", "X"], /only one of/],
    [["list", "--all"], /belong to redrive/],
    [["purge"], /must be list, redrive or discard, got "purge"/],
    [["list", "more"], /Unexpected "more"/],
    [["list", "--frob"], /--frob.*Known flags: --id, --reason/s],
  ])("%j is refused and says why", (argv, message) => {
    expect(() => parseDlqArguments(argv)).toThrow(message);
  });
});
