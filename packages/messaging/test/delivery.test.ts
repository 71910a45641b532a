// One message through a chain: what its end is, and when it runs again.
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext } from "@essentially-once/testing/lambda";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { deliver, type MessageChain } from "../src/commit/delivery.ts";
import { RetryLater, StateMoved } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";

const Seen = messageType({ type: "tests.seen.v1", schema: z.strictObject({}), key: () => "all" });
const shop = contract({ name: "shop", accepts: [Seen], publishes: [Seen] });
const write = { Delete: { TableName: "table", Key: { id: { S: "a" } } } };

it.each([
  ["a write", 1, 0],
  ["a message", 0, 1],
  ["one of each", 1, 1],
])("G1: work that nobody commits is not done: %s", async (_what, writes, messages) => {
  const work: MessageChain = async ({ unit }) => {
    for (let n = 0; n < writes; n++) unit.write(write);
    for (let n = 0; n < messages; n++) unit.publish(Seen.from({}));
  };
  await expect(run(work)).rejects.toMatchObject({ code: "UNIT_NOT_COMMITTED" });
});

it.each([undefined, null, "done", { kind: "sale" }, { done: true }])(
  "without work it is done, and its answer is the receipt: %j",
  async (receipt) => {
    expect(await run(async () => receipt)).toEqual({ kind: "done", receipt });
  },
);

it.each(["done", "duplicate", "lost"])("ends as its commit says: %s", async (kind) => {
  expect(await run(async () => ({ kind }))).toEqual({ kind });
});

it("each run has a unit of work of its own, with nothing of one that failed", async () => {
  let runs = 0;
  const work: MessageChain = async ({ unit, consumer }) => {
    expect([consumer, unit.writes]).toEqual(["shop", []]);
    unit.write(write);
    if (++runs < 3) throw new StateMoved("an item");
    return { kind: "done" };
  };
  expect(await run(work)).toEqual({ kind: "done" });
});

describe("runs that lost a race", () => {
  it.each<[string, number, Race, Race]>([
    ["of one item go one at a time, whatever their keys", 1, ["item", "key a"], ["item", "key b"]],
    ["of other items go side by side, also of one key", 2, ["item a", "key"], ["item b", "key"]],
    ["of a key go one at a time when no item is named", 1, [undefined, "key"], [undefined, "key"]],
    ["of other keys go side by side when no item is named", 2, [undefined, "key a"], [undefined, "key b"]],
  ])("G5: %s", async (_what, expected, ...races) => {
    let [running, most] = [0, 0];
    const ends = races.map(([item, key]) => {
      const work = afterFirst(new StateMoved(item), async () => {
        most = Math.max(most, ++running);
        for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
        running--;
      });
      return run(work, key);
    });
    expect(await Promise.all(ends)).toMatchObject([{ kind: "done" }, { kind: "done" }]);
    expect(most).toBe(expected);
  });

  it("G5: do not wait for a message of their key that waits for another one", async () => {
    const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const early = new RetryLater("SEQUENCE_AHEAD", 1, { waited: true, soonMs: 1 });
    const waiting = run(
      afterFirst(early, async () => {
        started.resolve();
        await gate.promise;
      }),
      "key",
    );
    await started.promise;
    expect(
      await run(
        afterFirst(new StateMoved(), async () => undefined),
        "key",
      ),
    ).toMatchObject({
      kind: "done",
    });
    gate.resolve();
    expect(await waiting).toMatchObject({ kind: "done" });
  });
});

type Race = readonly [item: string | undefined, key: string];

/** Fails the first time. */
function afterFirst(error: Error, work: () => Promise<void>): MessageChain {
  let isFirst = true;
  return async () => {
    if (!isFirst) return work();
    isFirst = false;
    throw error;
  };
}

function run(chain: MessageChain, partitionkey = "key") {
  const message = anEnvelope({ type: Seen.type, data: {}, partitionkey });
  return deliver(chain, { contract: shop, message, deadlineMs: Date.now() + 5_000 }, aContext());
}
