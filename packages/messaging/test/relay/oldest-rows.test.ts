import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { registerProducers } from "@essentially-once/testing/internal/support/register-producers";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { dynamodb } from "../../src/aws/clients.ts";
import { writesWithRows } from "../../src/commit/outbox.ts";
import { type OldestRowsOptions, oldestRows } from "../../src/publish/relay/oldest-rows.ts";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/");
  await registerProducers(["tests"]);
});
afterEach(async () => {
  for (let rows = await world.items(table()); rows.length > 0; rows = await world.items(table())) {
    for (const row of rows) await world.remove(table(), row); // a page of them
  }
});
afterAll(() => world.stop());

it("G11: holds the oldest that fit by number, and says that there are more", async () => {
  await put("c", 2);
  await put("a", 4);
  await put("d", 1);
  await put("b", 3);
  expect(await oldest({ rowsMax: 3 })).toEqual({ ids: ["d", "c", "b"], more: true });
  expect(await oldest({ rowsMax: 4 })).toEqual({ ids: ["d", "c", "b", "a"], more: false });
});

it("G11: holds the oldest that fit by size, over all pages of the table, and one that is larger than all", async () => {
  for (const [index, id] of ["a", "b", "c", "d", "e"].entries())
    await put(id, 5 - index, "x".repeat(300_000));
  expect(await oldest({ bytesMax: 700_000 })).toEqual({ ids: ["e", "d"], more: true });
  expect(await oldest({ bytesMax: 1_000 })).toEqual({ ids: ["e"], more: true });
});

it("what is not due takes no room", async () => {
  await put("a", 1);
  await put("b", 2);
  expect(await oldest({ rowsMax: 1, isDue: ({ messages }) => messages[0]?.envelope.id !== "a" })).toEqual({
    ids: ["b"],
    more: false,
  });
});

it("G3: a backlog of more than memory holds is sent whole by one sweep", async () => {
  const { handler: sweep } = await import("../../src/publish/relay/sweep.ts");
  const rows = 100; // of 0.39 MB
  for (let index = 0; index < rows; index++) await put(`row-${index}`, index, "x".repeat(390_000));
  expect(await sweep({}, aContext({ remainingMs: 60_000 }))).toEqual({ rows, sent: rows });
  expect(await world.items(table())).toEqual([]);
});

async function oldest(bounds: Partial<OldestRowsOptions>): Promise<{ ids: string[]; more: boolean }> {
  const untilMs = Date.now() + 60_000;
  const { rows, more } = await oldestRows({
    ...{ table: table(), untilMs, isDue: () => true, onItem: () => undefined },
    ...bounds,
  });
  return { ids: rows.map(({ messages: [first] }) => first?.envelope.id ?? ""), more };
}

async function put(id: string, minute: number, ballast = ""): Promise<void> {
  const message = anEnvelope({ id, partitionkey: id, type: "kit.asked.v1", data: { ballast } });
  const [row] = writesWithRows({ writes: [], messages: [message] }, { table, id });
  const createdAt = { S: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString() };
  await dynamodb().send(new PutItemCommand({ TableName: table(), Item: { ...row?.Put?.Item, createdAt } }));
}

function table(): string {
  return process.env.ORDERED_OUTBOX_TABLE ?? "";
}
