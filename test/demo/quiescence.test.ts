import { CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeEach, expect, test } from "vitest";
import { quiescence } from "../../demo/quiescence.ts";
import type { WorldAccess } from "../../demo/world.ts";

const engines = localEngines();
let access: WorldAccess;
let queueUrl: string;
let deadLetters: string;
let tablesMade = 0;

beforeEach(async () => {
  ({ queueUrl } = await engines.aQueue({ VisibilityTimeout: "30" }));
  const { queueUrl: deadLetterQueueUrl } = await engines.aQueue();
  deadLetters = deadLetterQueueUrl;
  const evidenceTable = await aTable();
  const tables: Record<string, string> = {
    OrderedOutboxTable: await aTable(),
    OutboxTable: await aTable(),
    OrdersTable: await aTable(),
  };
  access = {
    clients: engines.clients,
    queues: [{ consumer: "ShipOrder", name: "ship-order", queueUrl, deadLetterQueueUrl, evidenceTable }],
    carrierUrl: "",
    output: (key) => tables[key] ?? "",
  };
});

test("an empty flow is quiet", async () => {
  await quiescence(access, { withinMs: 5_000 });
});

test("a message that waits is not quiet, and the failure names its queue", async () => {
  await engines.send(queueUrl, ["m"]);
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("ShipOrder: 1 waiting, 0 in flight");
});

test("a message in flight is not quiet: it may come again", async () => {
  await engines.send(queueUrl, ["m"]);
  await engines.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("ShipOrder: 0 waiting, 1 in flight");
});

test.each(["OrderedOutboxTable", "OutboxTable"])("a row in the outbox is not quiet (%s)", async (name) => {
  const TableName = access.output(name);
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "row" } } }));
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("outbox: 1 rows not sent");
});

test("an approved order that is not on its way visibly is not quiet: it may be in the stream", async () => {
  await putOrder({ id: "o-1", status: "approved" });
  await expect(quiescence(access, { withinMs: 1_000 })).rejects.toThrow("orders: 1 approved");
});

test("an approved order that is parked, and one that is shipped, are quiet", async () => {
  await putOrder({ id: "o-1", status: "approved" });
  await putOrder({ id: "o-2", status: "shipped" });
  await engines.send(deadLetters, [JSON.stringify({ data: { orderId: "o-1" } })]);
  await quiescence(access, { withinMs: 5_000 });
});

async function putOrder(changes: { id: string; status: string }): Promise<void> {
  const order = { version: 1, customerId: "ann", total: 100, shipTo: "1 Harbour Road", ...changes };
  const TableName = access.output("OrdersTable");
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName, Item: marshall(order) }));
}

async function aTable(): Promise<string> {
  tablesMade += 1;
  const TableName = `quiescence-${tablesMade}`;
  await engines.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  return TableName;
}
