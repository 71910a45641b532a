import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aJournalWorld, type JournalWorld } from "@essentially-once/testing/journal-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unitOfWork, type Write } from "../src/commit/unit-of-work.ts";
import { versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { generationStore, stateOf } from "../src/pull/generation.ts";
import { offsets } from "../src/pull/offset.ts";

let world: JournalWorld;
beforeAll(async () => {
  world = await aJournalWorld();
});
afterAll(() => world.stop());

const TableName = "state";

describe("an item of a projection", () => {
  it.each([
    "build-statement#generations",
    "build-statement@1#offset#0",
    "build-statement@12#statement#customer-1",
    "build-statement@1#parked#0#7",
  ])("G10: cannot be written under its key by a handler: %s", (id) => {
    const Key = { id: { S: id } };
    const writes: Write[] = [
      { Put: { TableName, Item: { ...Key, views: { N: "1" } } } },
      { Update: { TableName, Key, UpdateExpression: "ADD #views :one" } },
      { Delete: { TableName, Key } },
      { ConditionCheck: { TableName, Key, ConditionExpression: "attribute_exists(id)" } },
      versionedTable(TableName).save({ id, version: 0 }),
    ];
    for (const write of writes)
      expect(() => aUnit().write(write)).toThrow(
        "KEY_RESERVED: a key like NAME#generations or NAME@N# is reserved",
      );
  });

  it.each([
    "order-1",
    "views#build-statement#generations",
    "a@b",
    "a#generation",
    "user@1",
    "A@1#offset#0",
    "a#generations-of",
  ])("is not what a domain's id is: %s", (id) => {
    const unit = aUnit();
    unit.write({ Put: { TableName, Item: { id: { S: id } } } });
    expect(unit.writes).toHaveLength(1);
  });

  it("is none that has no id, or is no item", () => {
    const unit = aUnit();
    unit.write(
      { Put: { TableName, Item: { order: { S: "a@1#b" } } } },
      { Put: { TableName, Item: undefined } },
      {},
    );
    expect(unit.writes).toHaveLength(3);
  });

  it("is written by the projection itself, whatever id the payload has", () => {
    const state = stateOf({ name: "build-statement", table: TableName }, 1);
    const unit = aUnit();
    unit.write(state("statement").save({ id: "build-statement#generations", version: 0 }));
    expect(unit.writes).toHaveLength(1);
  });

  it.each(["offset", "parked", "", "a#b"])("G10: is not of the kind %j, which is the kit's", (kind) => {
    expect(() => stateOf({ name: "build-statement", table: TableName }, 1)(kind)).toThrow(
      `"#", other than offset, parked, got ${JSON.stringify(kind)}`,
    );
  });
});

describe("what the kit reads of itself", () => {
  it.each([
    { views: 1 },
    { serving: "2" },
    { serving: 0 },
    { serving: 1, building: "soon" },
    { serving: 1.5 },
  ])("G10: generations are numbers, or the run fails and names the item: %j", async (item) => {
    const name = `stated-${newId()}`;
    await put({ id: `${name}#generations`, ...item });
    await expect(generationStore({ name, table: world.stateTable }).read()).rejects.toThrow(
      `the item ${name}#generations must have the numbers`,
    );
  });

  it.each([{}, { offset: "7" }, { offset: -1 }, { offset: 1.5 }])(
    "G10: an offset is a number, or the partition stops: %j",
    async (item) => {
      const prefix = `stated-${newId()}@1`;
      await put({ id: `${prefix}#offset#0`, ...item });
      await expect(offsets({ table: world.stateTable, prefix }).read(0)).rejects.toThrow("as its offset");
    },
  );
});

function aUnit() {
  return unitOfWork({ contract: { name: "count-order-views", publishes: [] }, cause: anEnvelope() });
}

async function put(item: Record<string, unknown>): Promise<void> {
  await world.clients.dynamodb.send(
    new PutItemCommand({ TableName: world.stateTable, Item: marshall(item) }),
  );
}
