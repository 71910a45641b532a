// Messages in a transaction of one's own: what the relay will find, and what a second run of the same request makes.

import { contract } from "@essentially-once/messaging/contract";
import { messageType } from "@essentially-once/messaging/message-type";
import { expect, it } from "vitest";
import * as z from "zod";
import { orderingKeyOf, readOutboxRow } from "../src/commit/outbox.ts";
import { outboxWrites } from "../src/commit/outbox-writes.ts";
import { derivedId } from "../src/core/ids.ts";

const Sold = messageType({
  type: "a.sold.v1",
  schema: z.strictObject({ id: z.string() }),
  key: ({ id }) => id,
});
const Other = messageType({ type: "a.other.v1", schema: z.strictObject({}), key: () => "key" });
const Sell = messageType({ type: "a.sell.v1", schema: z.strictObject({}), key: () => "key" });
const sell = contract({ name: "sell", accepts: [Sell], publishes: [Sold] });
const outboxTable = "outbox";

it("G1: gives a write for each key, whose row has the messages in the producer's name", async () => {
  const messages = [Sold.from({ id: "a" }), Sold.from({ id: "a" }), Sold.from({ id: "b" })];
  const rows = await rowsOf({ id: "request-1", messages });
  expect(rows.map((row) => row.messages.length)).toEqual([2, 1]);
  for (const { key, messages: kept } of rows) {
    expect(key).toEqual({
      id: expect.stringMatching(/^sell#/),
      place: expect.stringMatching(/^\d{16}#[\w-]{22}$/),
    });
    expect(kept[0]?.envelope).toMatchObject({ source: "/sell", correlationid: "request-1", hops: 1 });
  }
  expect(idOf(rows[0] as (typeof rows)[0])).toBe(derivedId("/sell", "request-1", "sell", 0)); // as in every release
});

it("G2: publishes the same messages when the same request is repeated, and others for another request", async () => {
  const ids = async (id: string) => (await rowsOf({ id, messages: [Sold.from({ id: "a" })] })).map(idOf);
  expect(await ids("request-1")).toEqual(await ids("request-1"));
  expect(await ids("request-1")).not.toEqual(await ids("request-2"));
});

it("G3: refuses what the contract does not publish, and what no consumer would take", async () => {
  const other = { id: "request-1", outboxTable, messages: [Other.from({})] };
  await expect(outboxWrites(sell as never, other as never)).rejects.toMatchObject({
    code: "TYPE_NOT_PUBLISHED",
  });
  for (const id of ["", "x".repeat(513), "half a character \ud83d"]) {
    const unread = outboxWrites(sell, { id, outboxTable, messages: [Sold.from({ id: "a" })] });
    await expect(unread).rejects.toMatchObject({ code: "ENVELOPE_INVALID" });
  }
  const invalid = { ...Sold.from({ id: "a" }), data: { id: 7 } } as never;
  const wrong = outboxWrites(sell, { id: "request-1", outboxTable, messages: [invalid] });
  await expect(wrong).rejects.toMatchObject({ code: "PUBLISH_INVALID" });
});

async function rowsOf(options: { id: string; messages: ReturnType<typeof Sold.from>[] }) {
  const writes = await outboxWrites(sell, { ...options, outboxTable });
  return writes.map(({ Put }) => {
    expect(Put?.TableName).toBe(outboxTable);
    return readOutboxRow(Put?.Item ?? {});
  });
}

function idOf({ messages: [message] }: ReturnType<typeof readOutboxRow>) {
  return message?.envelope.id;
}

it.each([
  ["/sell", "sell"],
  ["/sell/eu", "sell/eu"],
  ["https://elsewhere/sell", "https://elsewhere/sell"],
])(
  "G4, G7: a row of %s begins with its writer's name, and has a partition key for each key",
  (source, writer) => {
    const line = (partitionkey: string) => orderingKeyOf({ source, partitionkey });
    expect(line("a").slice(0, writer.length + 1)).toBe(`${writer}#`);
    expect(line("a").slice(writer.length + 1)).toHaveLength(22);
    expect(line("a")).toBe(line("a"));
    expect(line("a")).not.toBe(line("b"));
  },
);
