import { type DynamoDBClient, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { besideOf } from "../../src/commit/beside.ts";
import type { Write } from "../../src/commit/unit-of-work.ts";
import { withBeside } from "../../src/schedule/beside.ts";

const own: Write = { Put: { TableName: "t", Item: { id: { S: "own" } } } };
const schedule: Write = { Delete: { TableName: "s", Key: { id: { S: "one" } } } };
const another: Write = { Delete: { TableName: "s", Key: { id: { S: "two" } } } };

/** What becomes of a commit whose actions are refused for these reasons; undefined: committed. */
async function performed(...codes: readonly (string | undefined)[]) {
  const sent: unknown[] = [];
  const client = {
    async send({ input }: { readonly input: { readonly TransactItems: unknown } }) {
      sent.push(input.TransactItems);
      if (codes.length === 0) return;
      throw new TransactionCanceledException({
        message: "cancelled",
        $metadata: {},
        ...(codes[0] !== "unsaid" && {
          CancellationReasons: codes.map((Code, index) => ({ Code, Item: { id: { S: `item ${index}` } } })),
        }),
      });
    },
  };
  const writes = withBeside([schedule, another], () => client as unknown as DynamoDBClient);
  expect(writes).toEqual([schedule, another]);
  const [perform, same] = writes.map(besideOf);
  expect(same).toBe(perform);
  const outcome = await perform?.(own, writes).catch((error: unknown) => error);
  expect(sent).toEqual([[own, schedule, another]]);
  return outcome;
}

describe("writes of the schedules beside an item", () => {
  it("G1: are one transaction with the item's own", async () => {
    expect(await performed()).toBeUndefined();
  });

  it("G2: the item's own condition is before all other reasons", async () => {
    const item = { id: { S: "item 0" } };
    for (const other of ["None", "ConditionalCheckFailed", "TransactionConflict", "ValidationError"])
      expect(await performed("ConditionalCheckFailed", other, "None")).toEqual({ item });
  });

  it.each<[reasons: (string | undefined)[], outcome: object]>([
    [
      ["None", "ConditionalCheckFailed", "None"],
      { name: "StateMoved", item: "schedules", code: "CONTENDED" },
    ],
    [["None", "None", "ConditionalCheckFailed"], { name: "StateMoved" }],
    [["TransactionConflict", "ConditionalCheckFailed", undefined], { name: "StateMoved" }],
    [
      ["TransactionConflict", "None", undefined],
      { name: "TransactionConflict", message: "TransactionConflict" },
    ],
    [[undefined, "None", "ThrottlingError"], { name: "ThrottlingError", message: "ThrottlingError" }],
    [
      ["None", "ValidationError", "ConditionalCheckFailed"],
      { code: "COMMIT_REFUSED", detail: "ValidationError" },
    ],
    [["SomethingNew", "None", undefined], { name: "SomethingNew", message: "SomethingNew" }],
    [["unsaid"], { code: "COMMIT_REFUSED", detail: "cancelled without a reason" }],
    [["None", "None", undefined], { code: "COMMIT_REFUSED", detail: "cancelled without a reason" }],
  ])("G12: are refused with %j as they are elsewhere", async (reasons, outcome) => {
    expect(await performed(...reasons)).toMatchObject(outcome);
  });
});
