import { CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeEach, expect, test } from "vitest";
import { quiescence } from "../../../local/demo/quiescence.ts";
import type { WorldAccess } from "../../../local/demo/world.ts";
import { localEngines } from "../../support/local-engines.ts";

const engines = localEngines();
let access: WorldAccess;
let queueUrl: string;
let tablesMade = 0;

beforeEach(async () => {
  ({ queueUrl } = await engines.aQueue({ VisibilityTimeout: "30" }));
  const { queueUrl: deadLetterQueueUrl } = await engines.aQueue();
  const tables: Record<string, string> = { OutboxTable: await aTable(), EvidenceTable: await aTable() };
  access = {
    clients: engines.clients,
    queues: [{ consumer: "ShipOrder", queueUrl, deadLetterQueueUrl }],
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

test("a row in the outbox is not quiet", async () => {
  const TableName = access.output("OutboxTable");
  await engines.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "row" } } }));
  await expect(quiescence(access, { withinMs: 300 })).rejects.toThrow("outbox: 1 rows not sent");
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
