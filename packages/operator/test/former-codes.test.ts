import { expect, it } from "vitest";
import { deadLettersOf } from "../src/dead-letters/dead-letter.ts";
import { dlqTool } from "../src/dead-letters/dlq-tool.ts";
import { selectionOf } from "../src/dead-letters/selection.ts";
import { readCommand } from "../src/terminal/command-line.ts";
import { withCurrentFlags } from "../src/terminal/former-flags.ts";

it("G6: a message that the release before parked is shown and chosen under the code's present name, and its former", () => {
  const text = (StringValue: string) => ({ DataType: "String", StringValue });
  const MessageAttributes = {
    ReasonCode: text("RECORDS_SEVERAL"),
    ReasonDetail: text("2 records"),
    Consumer: text("import-file"),
    ParkedAt: text("2026-01-01T00:00:00.000Z"),
  };
  const [deadLetter] = deadLettersOf("ImportFile", [{ MessageId: "m-1", Body: "{}", MessageAttributes }]);
  if (deadLetter === undefined) throw new Error("it is not read");
  expect(deadLetter.reason).toBe("SEVERAL_RECORDS");
  for (const reason of ["SEVERAL_RECORDS", "RECORDS_SEVERAL"]) {
    expect(selectionOf("redrive", { reason: [reason] })(deadLetter)).toBe(true);
  }
  expect(selectionOf("redrive", { reason: ["NOT_JSON"] })(deadLetter)).toBe(false);
});

it("flags of the release before are taken as those of today", () => {
  const edited = readCommand(dlqTool, ["edit", "m-1", "--data", "-", "--vouch", "--hold=90"]);
  expect(edited.given).toMatchObject({ "trust-unverified": true, "visibility-timeout": "90" });
  expect(readCommand(dlqTool, ["discard", "--id", "a", "--hold", "5"]).given).toMatchObject({
    "visibility-timeout": "5",
  });
  expect(withCurrentFlags(["show", "--", "--vouch"])).toEqual(["show", "--", "--vouch"]);
});
