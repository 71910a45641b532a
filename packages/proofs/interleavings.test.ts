// The search over orders itself: leaving out orders that come to the same loses nothing that some order comes to.
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { areIndependent, footprintOf } from "@essentially-once/testing/internal/explorer/footprint";
import { interleave } from "@essentially-once/testing/internal/explorer/interleave";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";

/** What a worker does: reads an item and adds one to it, or another's worth. */
type Work = (unique: string, worker: number) => Promise<void>;

const works: Readonly<Record<string, Work>> = {
  "read, then write, all the same item": async (unique) => {
    await write(`${unique}-x`, (await read(`${unique}-x`)) + 1);
  },
  "read one, write another": async (unique, worker) => {
    await write(`${unique}-${worker}`, (await read(`${unique}-${(worker + 1) % 2}`)) + 1);
  },
  "each its own item, then one for all": async (unique, worker) => {
    await write(`${unique}-${worker}`, worker + 1);
    await write(`${unique}-x`, (await read(`${unique}-x`)) * 10 + worker + 1);
  },
  "a lock that is waited for": async (unique, worker) => {
    for (let tries = 0; tries < 3 && (await read(`${unique}-lock`)) > 0; tries++) await pause();
    await write(`${unique}-lock`, worker + 1);
    await write(`${unique}-x`, (await read(`${unique}-x`)) * 10 + worker + 1);
  },
};

describe("orders of calls", () => {
  it.each(Object.entries(works))("come to all that they can come to: %s", async (_, work) => {
    const whole = await outcomes(work, { reduced: false });
    const reduced = await outcomes(work, { reduced: true });
    expect(reduced.found).toEqual(whole.found);
    expect(whole.found.length).toBeGreaterThan(1);
    expect(reduced.orders).toBeLessThan(whole.orders);
  });

  it("of calls that touch nothing in common are one", async () => {
    const { orders } = await outcomes((unique, worker) => write(`${unique}-${worker}`, 1), { reduced: true });
    expect(orders).toBe(1);
  });
});

describe("calls", () => {
  const get = call("GetItem", { TableName: "t", Key: { id: { S: "a" } } });
  const put = call("PutItem", { TableName: "t", Item: { id: { S: "a" }, more: { S: "b" } } });
  const query = call("Query", {
    TableName: "t",
    KeyConditionExpression: "#id = :id AND n > :n",
    ExpressionAttributeNames: { "#id": "id" },
    ExpressionAttributeValues: { ":id": { S: "a" }, ":n": { N: "1" } },
  });
  const transaction = call("TransactWriteItems", {
    TransactItems: [
      { Put: { TableName: "t", Item: { id: { S: "a" } } } },
      { ConditionCheck: { TableName: "t", Key: { id: { S: "b" } } } },
    ],
  });

  it.each([
    ["two reads of an item", get, get, true],
    ["a read and a write of an item", get, put, false],
    ["two writes of an item", put, put, false],
    ["writes of two items", put, call("DeleteItem", { TableName: "t", Key: { id: { S: "b" } } }), true],
    ["writes in two tables", put, call("UpdateItem", { TableName: "u", Key: { id: { S: "a" } } }), true],
    ["a query and a write in its partition", query, put, false],
    ["a query and a read", query, get, true],
    ["a transaction and what it writes", transaction, get, false],
    ["a batch and a write of its second key", batchOf("t", "c", "a"), put, false],
    ["a batch and a write of another key", batchOf("t", "c", "d"), put, true],
    ["a scan and a write", call("Scan", { TableName: "t" }), put, false],
    ["a request elsewhere and a read", call("POST /consignments", undefined), get, false],
    ["two messages to one queue", call("SendMessage", { QueueUrl: "q" }), sendBatch("q"), false],
    ["messages to two queues", call("SendMessage", { QueueUrl: "q" }), sendBatch("r"), true],
  ] as const)("%s", (_, one, other, independent) => {
    expect(areIndependent(one, other)).toBe(independent);
    expect(areIndependent(other, one)).toBe(independent);
  });
});

function call(command: string, input: unknown) {
  return footprintOf({ command, input });
}

function batchOf(table: string, ...ids: readonly string[]) {
  return call("BatchGetItem", { RequestItems: { [table]: { Keys: ids.map((id) => ({ id: { S: id } })) } } });
}

function sendBatch(QueueUrl: string) {
  return call("SendMessageBatch", { QueueUrl });
}

async function outcomes(work: Work, { reduced }: { reduced: boolean }) {
  const found = new Set<string>();
  const { orders, complete } = await interleave(scenarioOf(work, found), { reduced });
  expect(complete).toBe(true);
  return { orders, found: [...found].sort() };
}

/** Two workers; what is in the table at the end is the outcome. */
function scenarioOf(work: Work, found: Set<string>): Scenario {
  let workers = 0;
  const handler = (): Handler => {
    const worker = workers++ % 2;
    return async ({ Records: [record] }: SQSEvent) => work(record?.body ?? "", worker);
  };
  return {
    name: "workers",
    sandbox: { tables: { STATE_TABLE: {} } },
    functions: [{ handler, by: { kind: "queue", queue: "main", workers: 2 } }],
    async begin(sandbox, unique) {
      await sandbox.send("main", { body: unique });
      return {
        async violations() {
          const items = (await sandbox.items("STATE_TABLE")).filter(({ id }) =>
            String(id).startsWith(unique),
          );
          const state = items.map(({ id, value }) => `${String(id).slice(unique.length)}=${value}`);
          found.add(state.sort().join());
          return [];
        },
      };
    },
  };
}

async function read(id: string): Promise<number> {
  const TableName = process.env.STATE_TABLE;
  const { Item } = await dynamodb().send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
  return Number(Item?.value?.N ?? 0);
}

async function write(id: string, value: number): Promise<void> {
  const Item = { id: { S: id }, value: { N: String(value) } };
  await dynamodb().send(new PutItemCommand({ TableName: process.env.STATE_TABLE, Item }));
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
