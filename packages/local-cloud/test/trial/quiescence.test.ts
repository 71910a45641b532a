import { CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeEach, expect, test } from "vitest";
import { type FlowAccess, quiescence } from "../../src/trial/look/quiescence.ts";

const engines = localEngines();
let access: FlowAccess;
let queueUrl: string;
let tablesMade = 0;

beforeEach(async () => {
  ({ queueUrl } = await engines.aQueue({ VisibilityTimeout: "30" }));
  const { queueUrl: deadLetterQueueUrl } = await engines.aQueue();
  const evidenceTable = await aTable();
  const tables: Record<string, string> = {
    OrderedOutboxTable: await aTable(),
    OutboxTable: await aTable(),
  };
  access = {
    clients: engines.clients,
    queues: [{ consumer: "ShipOrder", name: "ship-order", queueUrl, deadLetterQueueUrl, evidenceTable }],
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

test("a message in flight is not quiet: it may be redelivered", async () => {
  await engines.send(queueUrl, ["m"]);
  await engines.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("ShipOrder: 0 waiting, 1 in flight");
});

test.each(["OrderedOutboxTable", "OutboxTable"])("a row in the outbox is not quiet (%s)", async (name) => {
  const TableName = access.output(name);
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "row" } } }));
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("outbox: 1 rows not sent");
});

test("what the app knows to be unfinished is not quiet: it may be in a stream", async () => {
  let asked = 0;
  const unfinished = async () => (asked++ === 0 ? ["orders: 1 approved"] : []);
  await expect(
    quiescence(access, { withinMs: 1_000, unfinished: async () => ["orders: 1 approved"] }),
  ).rejects.toThrow("orders: 1 approved");
  await quiescence(access, { withinMs: 5_000, unfinished });
  expect(asked).toBeGreaterThan(1);
});

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
