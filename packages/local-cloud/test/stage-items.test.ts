// Items of a stage, which is another engine, in the local tables.
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Dynoxide, startDynoxide } from "../src/engines/dynoxide.ts";
import { type StageItems, stageItems } from "../src/pull/stage-items.ts";

const binary = Buffer.from([0, 255]).toString("base64");

let engines: Dynoxide[];
let stage: DynamoDBClient;
let local: DynamoDBClient;
let table: string;
let items: StageItems;
let count = 0;

beforeAll(async () => {
  engines = [await startDynoxide(), await startDynoxide()];
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const clients = engines.map(
    ({ endpoint }) => new DynamoDBClient({ endpoint, region: "us-east-1", credentials }),
  );
  [stage, local] = clients as [DynamoDBClient, DynamoDBClient];
});
beforeEach(async () => {
  count += 1;
  table = `here-${count}`;
  const tables = new Map([[table, { name: "NotesTable", onStage: `there-${count}` }]]);
  items = stageItems({ stage, local, tables });
  for (const [client, TableName] of [
    [stage, `there-${count}`],
    [local, table],
  ] as const) {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: ["id", "at"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
        KeySchema: [
          { AttributeName: "id", KeyType: "HASH" },
          { AttributeName: "at", KeyType: "RANGE" },
        ],
      }),
    );
  }
  for (const at of ["1", "2", "3"]) {
    const Item = { ...key("a", at), blob: { B: Buffer.from(binary, "base64") }, n: { N: at } };
    await stage.send(new PutItemCommand({ TableName: `there-${count}`, Item }));
  }
});
afterAll(async () => {
  for (const client of [stage, local]) client.destroy();
  for (const engine of engines) await engine.stop();
});

describe("an item of the stage", () => {
  it.each<[string, (table: string) => object]>([
    ["GetItem", (TableName) => ({ TableName, Key: key("a", "1") })],
    ["PutItem", (TableName) => ({ TableName, Item: { ...key("a", "1"), n: { N: "9" } } })],
    ["UpdateItem", (TableName) => ({ TableName, Key: key("a", "1") })],
    ["DeleteItem", (TableName) => ({ TableName, Key: key("a", "1") })],
    ["BatchGetItem", (name) => ({ RequestItems: { [name]: { Keys: [key("a", "1")] } } })],
    ["BatchWriteItem", (name) => ({ RequestItems: { [name]: [{ PutRequest: { Item: key("a", "1") } }] } })],
    ["BatchWriteItem", (name) => ({ RequestItems: { [name]: [{ DeleteRequest: { Key: key("a", "1") } }] } })],
    ["TransactGetItems", (TableName) => ({ TransactItems: [{ Get: { TableName, Key: key("a", "1") } }] })],
    ...["Update", "Delete", "ConditionCheck"].map((part): [string, (table: string) => object] => [
      "TransactWriteItems",
      (TableName) => ({ TransactItems: [{ [part]: { TableName, Key: key("a", "1") } }] }),
    ]),
    ["TransactWriteItems", (TableName) => ({ TransactItems: [{ Put: { TableName, Item: key("a", "1") } }] })],
  ])(
    "G2: is here before the engine gets the %s that names it, alone and byte for byte",
    async (operation, asked) => {
      expect(await bring(operation, asked(table))).toBeUndefined();
      const here = await allHere();
      expect(here).toEqual([{ ...key("a", "1"), blob: { B: new Uint8Array([0, 255]) }, n: { N: "1" } }]);
    },
  );

  it("is brought once: what was written here since is not written over", async () => {
    await bring("GetItem", { TableName: table, Key: key("a", "1") });
    await local.send(new PutItemCommand({ TableName: table, Item: { ...key("a", "1"), n: { N: "7" } } }));
    await bring("GetItem", { TableName: table, Key: key("a", "1") });
    await bring("Query", aQuery());
    const { Item } = await local.send(new GetItemCommand({ TableName: table, Key: key("a", "1") }));
    expect(Item?.n).toEqual({ N: "7" });
    expect(await allHere()).toHaveLength(3);
  });

  it("comes whole by a query for a part of it, and not by one that has no keys", async () => {
    expect(await bring("Query", aQuery({ ProjectionExpression: "id, #at", Limit: 2 }))).toBeUndefined();
    expect((await allHere()).map(({ n }) => n?.N).sort()).toEqual(["1", "2"]);
    expect(await bring("Query", aQuery({ Select: "COUNT" }))).toMatchObject({ status: 400 });
    expect([...items.unanswered]).toEqual(["NotesTable: Query: it does not ask for the keys of its items"]);
  });

  it("is not brought by a scan or by PartiQL, nor from a table that the stage does not name", async () => {
    expect(await bring("Scan", { TableName: table })).toMatchObject({ status: 400 });
    expect(await bring("BatchExecuteStatement", { Statements: [] })).toMatchObject({
      body: expect.stringContaining("AccessDenied"),
    });
    const unnamed = stageItems({ stage, local, tables: new Map([[table, { name: "Notes/Table" }]]) });
    await unnamed.bring(seen("GetItem", { TableName: table, Key: key("a", "1") }));
    expect(await allHere()).toEqual([]);
    expect([...items.unanswered, ...unnamed.unanswered]).toEqual([
      "NotesTable: Scan: a whole table is not brought",
      "Notes/Table: the stage has no output of this name, so it is empty",
    ]);
  });
});

function key(id: string, at: string) {
  return { id: { S: id }, at: { S: at } };
}

function aQuery(changes: object = {}): object {
  return {
    TableName: table,
    KeyConditionExpression: "id = :id AND #at > :at",
    ExpressionAttributeNames: { "#at": "at" },
    ExpressionAttributeValues: { ":id": { S: "a" }, ":at": { S: "0" } },
    ...changes,
  };
}

function bring(operation: string, body: object) {
  return items.bring(seen(operation, body));
}

function seen(operation: string, body: object) {
  const headers = { "x-amz-target": `DynamoDB_20120810.${operation}` };
  return { method: "POST", url: new URL("http://engine/"), headers, body: Buffer.from(JSON.stringify(body)) };
}

async function allHere() {
  const { Items = [] } = await local.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items;
}
