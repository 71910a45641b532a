import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allSlots, dueEntries } from "../src/schedule/due-items.ts";

let world: World;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/Dispatch");
  for (let n = 0; n < 60; n++) await put(n, String(n % 3 === 0 ? 0 : n % 16));
});
afterAll(() => world.stop());

describe("the entries that are due", () => {
  it("G12: come oldest first over all slots, whatever the pages are", async () => {
    for (const pageSize of [1, 3, 7, 100]) {
      const found: string[] = [];
      for await (const step of dueEntries({ table: table(), slots: allSlots, until: iso(49), pageSize }))
        found.push(...step.map(({ id }) => id));
      expect(found, `pages of ${pageSize}`).toEqual(Array.from({ length: 50 }, (_, n) => `timed#${n}`));
    }
  });

  it("are those of the slots and of the times that are asked for", async () => {
    const found: string[] = [];
    for await (const step of dueEntries({ table: table(), slots: ["1"], after: iso(10), until: iso(40) }))
      found.push(...step.map(({ id }) => id));
    expect(found).toEqual(["timed#17"]);
  });
});

async function put(n: number, slot: string): Promise<void> {
  const Item = { id: { S: `timed#${n}` }, due: { S: iso(n) }, slot: { S: slot } };
  await world.clients.dynamodb.send(new PutItemCommand({ TableName: table(), Item }));
}

function iso(n: number): string {
  return new Date(n * 1_000).toISOString();
}

function table(): string {
  return world.output("SchedulesTable");
}
