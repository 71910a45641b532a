import { PutItemCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
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

  it("are those at the bounds, too, each with its slot and time", async () => {
    const found: unknown[] = [];
    const range = { table: table(), slots: ["0"], after: iso(15), until: iso(18) };
    for await (const step of dueEntries(range)) found.push(...step);
    expect(found).toEqual([15, 16, 18].map((n) => ({ id: `timed#${n}`, due: iso(n), slot: "0" })));
    for await (const step of dueEntries({ ...range, until: iso(15.5), after: iso(15.2) }))
      expect(step, "a step without entries").toBeUndefined();
  });

  it("G11: are read a page at a time, each page once, and only as far as they are asked for", async () => {
    const queries: QueryCommandInput[] = [];
    dynamodb().middlewareStack.add(
      (next) => (args) => {
        queries.push(args.input as QueryCommandInput);
        return next(args);
      },
      { name: "queries", step: "initialize" },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove("queries"));
    const pages = async (pageSize?: number) => {
      queries.length = 0;
      const range = { table: table(), slots: ["0", "1"], until: iso(59), ...(pageSize && { pageSize }) };
      for await (const _ of dueEntries(range)) if (pageSize === 2) break;
      return queries.length;
    };
    expect(await pages(2)).toBe(2); // one of each slot
    expect(await pages()).toBe(2);
    expect(queries.map(({ Limit, ExclusiveStartKey }) => [Limit, ExclusiveStartKey])).toEqual([
      [100, undefined],
      [100, undefined],
    ]);
    await pages(5);
    const starts = queries.map(({ ExclusiveStartKey }) => ExclusiveStartKey?.id?.S);
    expect(starts.filter((start) => start === undefined)).toHaveLength(2);
    expect(new Set(starts).size).toBe(starts.length - 1);
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
