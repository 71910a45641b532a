// The proxy between the SDK and a real engine: the engine executes the request, and the response is lost.

import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { startEngineProxy } from "../src/engines/engine-proxy.ts";
import { destroyClients, localClients } from "../src/model/clients.ts";

const engines = localEngines();
const TableName = `table-${randomUUID()}`;
const Key = { id: { S: "x" } };

beforeAll(async () => {
  await engines.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
});

/** Loses the response to the requests of these numbers, from 0. */
async function losing(...numbers: number[]) {
  let requests = 0;
  const loses = () => numbers.includes(requests++);
  const way = { judgesBodies: true, judge: () => undefined, loses };
  const sqs = await startEngineProxy({ ...way, target: engines.endpoints.sqs });
  const dynamodb = await startEngineProxy({ ...way, target: engines.endpoints.dynamodb });
  const endpoints = { ...engines.endpoints, sqs: sqs.endpoint, dynamodb: dynamodb.endpoint };
  const clients = localClients(endpoints);
  onTestFinished(async () => {
    destroyClients(clients);
    await Promise.all([sqs.stop(), dynamodb.stop()]);
  });
  return { clients, endpoints, requests: () => requests };
}

test("without a loss it is not noticed, for large bodies too", async () => {
  const { clients } = await losing();
  const { queueUrl } = await engines.aQueue();
  const MessageBody = "é".repeat(400_000);
  await clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  const { Messages } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
  expect(Messages?.[0]?.Body).toBe(MessageBody);
  await clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: "y" } } }));
  const { Item } = await clients.dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: "y" } } }));
  expect(Item).toEqual({ id: { S: "y" } });
});

test("a write whose response is lost is committed, and the SDK sends it again", async () => {
  const { clients, requests } = await losing(0);
  const add = new UpdateItemCommand({
    TableName,
    Key,
    UpdateExpression: "ADD n :one",
    ExpressionAttributeValues: { ":one": { N: "1" } },
  });
  await clients.dynamodb.send(add);
  expect(requests()).toBe(2);
  const { Item } = await engines.clients.dynamodb.send(new GetItemCommand({ TableName, Key }));
  expect(Item?.n).toEqual({ N: "2" });
});

test("a client without retries meets a broken connection", async () => {
  const { endpoints } = await losing(0);
  const once = new DynamoDBClient({
    endpoint: endpoints.dynamodb,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  onTestFinished(() => once.destroy());
  await expect(once.send(new PutItemCommand({ TableName, Item: { id: { S: "z" } } }))).rejects.toThrow(
    /socket hang up|ECONNRESET/,
  );
  const { Item } = await engines.clients.dynamodb.send(
    new GetItemCommand({ TableName, Key: { id: { S: "z" } } }),
  );
  expect(Item).toEqual({ id: { S: "z" } });
});

test("an engine that is not there is a broken connection, not a hanging one", async () => {
  const proxy = await startEngineProxy({
    target: "http://127.0.0.1:1",
    judgesBodies: false,
    judge: () => undefined,
    loses: () => false,
  });
  onTestFinished(proxy.stop);
  await expect(fetch(proxy.endpoint)).rejects.toThrow("fetch failed");
});
