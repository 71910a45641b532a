// One app of every understood resource type, provisioned on the real engines and checked with the SDK.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DescribeTableCommand, DescribeTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { aFunction, synthesized } from "@essentially-once/testing/synthesized";
import { type App, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { AttributeType, StreamViewType, Table, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Key } from "aws-cdk-lib/aws-kms";
import { FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { SqsDlq, SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import {
  ScheduleExpression,
  Schedule as SchedulerSchedule,
  ScheduleTargetInput,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engines, startEngines } from "../src/engines/engines.ts";
import { destroyClients, type LocalClients, localClients } from "../src/model/clients.ts";
import type { Deployment, LocalFunction } from "../src/model/model.ts";
import { provision } from "../src/provision/provision.ts";

let engines: Engines;
let clients: LocalClients;
let assemblyDirectory: string;
let deployment: Deployment;

beforeAll(async () => {
  engines = await startEngines();
  clients = localClients(engines.endpoints);
  assemblyDirectory = synthesized(anApp);
  deployment = await provisioned();
});

afterAll(async () => {
  destroyClients(clients);
  await engines.stop();
});

function anApp(app: App): void {
  const foundation = new Stack(app, "Foundation", { stackName: "Test-Foundation" });
  const outbox = new TableV2(foundation, "Outbox", {
    partitionKey: { name: "id", type: AttributeType.STRING },
    timeToLiveAttribute: "expiresAt",
    dynamoStream: StreamViewType.NEW_IMAGE,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
  });
  const accounts = new Table(foundation, "Accounts", {
    partitionKey: { name: "id", type: AttributeType.STRING },
    sortKey: { name: "at", type: AttributeType.NUMBER },
  });
  accounts.addGlobalSecondaryIndex({
    indexName: "byRegion",
    partitionKey: { name: "region", type: AttributeType.STRING },
  });
  new CfnOutput(foundation, "AccountsTable", { value: accounts.tableName });

  const shop = new Stack(app, "Shop", { stackName: "Test-Shop" });
  const deadLetters = new Queue(shop, "DeadLetters", {
    retentionPeriod: Duration.days(14),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  const orders = new Queue(shop, "Orders", {
    visibilityTimeout: Duration.seconds(0),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 2 },
  });
  const inOrder = new Queue(shop, "InOrder", {
    fifo: true,
    contentBasedDeduplication: true,
    deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
    fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
  });
  const settle = aFunction(shop, "Settle", {
    memorySize: 512,
    environment: {
      OUTBOX_TABLE: outbox.tableName,
      QUEUE_URL: orders.queueUrl,
      ROUTES: shop.toJsonString({ "orders.placed": [orders.queueUrl, inOrder.queueUrl] }),
      WHERE: `${shop.partition}/${shop.region}/${shop.stackName}`,
    },
  });
  outbox.grantReadWriteData(settle);
  outbox.grantStreamRead(settle);
  settle.addEventSource(
    new SqsEventSource(orders, { batchSize: 5, maxConcurrency: 2, reportBatchItemFailures: true }),
  );
  settle.addEventSourceMapping("FromOutbox", {
    eventSourceArn: outbox.tableStreamArn ?? "",
    startingPosition: StartingPosition.TRIM_HORIZON,
    filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual("INSERT") })],
    bisectBatchOnError: true,
    retryAttempts: 7,
    maxRecordAge: Duration.hours(23),
    maxBatchingWindow: Duration.seconds(1),
    onFailure: new SqsDlq(deadLetters),
  });
  new Rule(shop, "EveryMinute", {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(settle)],
  });
  new SchedulerSchedule(shop, "Hourly", {
    schedule: ScheduleExpression.rate(Duration.hours(1)),
    target: new LambdaInvoke(settle, { input: ScheduleTargetInput.fromObject({ queue: orders.queueName }) }),
  });
  new CfnOutput(shop, "OrdersUrl", { value: orders.queueUrl });
  new CfnOutput(shop, "SettleUrl", { value: settle.addFunctionUrl().url });
  new CfnOutput(shop, "KeyArn", { value: new Key(shop, "Key").keyArn });
}

function provisioned(): Promise<Deployment> {
  return provision({
    assemblyDirectory,
    clients,
    endpoints: engines.endpoints,
    functionUrlFor: (path) => `http://127.0.0.1:1/${path}/`,
  });
}

function theFunction(): LocalFunction {
  const [settle] = deployment.functions;
  if (!settle) throw new Error("the app has a function");
  return settle;
}

async function attributesOf(queueUrl: string): Promise<Partial<Record<string, string>>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] });
  return (await clients.sqs.send(command)).Attributes ?? {};
}

describe("a table", () => {
  test("has the keys, the indexes, the stream and the time to live of the template", async () => {
    const TableName = theFunction().environment.OUTBOX_TABLE;
    const { Table: outbox } = await clients.dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(outbox).toMatchObject({
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    });
    const { TimeToLiveDescription } = await clients.dynamodb.send(
      new DescribeTimeToLiveCommand({ TableName }),
    );
    expect(TimeToLiveDescription).toMatchObject({ AttributeName: "expiresAt", TimeToLiveStatus: "ENABLED" });
  });

  test("can have a sort key and an index", async () => {
    const TableName = deployment.outputs["Test-Foundation"]?.AccountsTable;
    const { Table: accounts } = await clients.dynamodb.send(new DescribeTableCommand({ TableName }));
    expect(accounts?.KeySchema).toHaveLength(2);
    expect(accounts?.GlobalSecondaryIndexes).toMatchObject([{ IndexName: "byRegion" }]);
  });
});

describe("a queue", () => {
  test("keeps its attributes and is reached at the endpoint", async () => {
    const queueUrl = theFunction().environment.QUEUE_URL ?? "";
    expect(new URL(queueUrl).origin).toBe(new URL(engines.endpoints.sqs).origin);
    expect(await attributesOf(queueUrl)).toMatchObject({ VisibilityTimeout: "0" });
  });

  test("moves a message to its dead-letter queue after the last receive", async () => {
    const QueueUrl = theFunction().environment.QUEUE_URL ?? "";
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));
    for (const times of [1, 2]) {
      const { Messages } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      expect(Messages, `receive ${times}`).toHaveLength(1);
    }
    expect((await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    const deadLetters = { QueueUrl: deployment.streamMappings[0]?.onFailureQueueUrl };
    const { Messages } = await clients.sqs.send(new ReceiveMessageCommand(deadLetters));
    expect(Messages).toMatchObject([{ Body: "poison" }]);
  });

  test("is FIFO by name and by attribute", async () => {
    const [, inOrder = ""] = JSON.parse(theFunction().environment.ROUTES ?? "")["orders.placed"];
    expect(inOrder).toMatch(/^.{1,75}\.fifo$/);
    expect(await attributesOf(inOrder)).toMatchObject({
      FifoQueue: "true",
      ContentBasedDeduplication: "true",
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    });
  });
});

test("a function has its bundle, its limits and an environment with every reference resolved", () => {
  const settle = theFunction();
  expect(settle).toMatchObject({ path: "Shop/Settle", timeoutMs: 5_000, memoryMegabytes: 512 });
  expect(existsSync(join(settle.codeDirectory, "index.mjs"))).toBe(true);
  expect(settle.environment.OUTBOX_TABLE).toMatch(/^Test-Foundation-Outbox/);
  expect(settle.environment.WHERE).toBe("aws/us-east-1/Test-Shop");
});

test("event sources name what they connect", () => {
  const functionArn = theFunction().arn;
  expect(deployment.sqsMappings).toMatchObject([
    { functionArn, batchSize: 5, maximumConcurrency: 2, reportBatchItemFailures: true, batchWindowMs: 0 },
  ]);
  expect(deployment.streamMappings).toMatchObject([
    {
      functionArn,
      startingPosition: "TRIM_HORIZON",
      filterPatterns: [{ eventName: ["INSERT"] }],
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 7,
      maximumRecordAgeSeconds: 82_800,
      batchWindowMs: 1_000,
      reportBatchItemFailures: false,
    },
  ]);
  expect(deployment.schedules).toMatchObject([
    { path: "Shop/EveryMinute", functionArn, everyMs: 60_000 },
    {
      path: "Shop/Hourly",
      functionArn,
      everyMs: 3_600_000,
      input: expect.stringContaining("Test-Shop-Orders"),
    },
  ]);
  expect(deployment.functionUrls).toMatchObject([{ path: "Shop/Settle/FunctionUrl", functionArn }]);
});

test("outputs are those of the stacks; what exists in AWS only is listed as ignored", () => {
  expect(deployment.outputs["Test-Shop"]).toEqual({
    OrdersUrl: theFunction().environment.QUEUE_URL,
    SettleUrl: "http://127.0.0.1:1/Shop/Settle/FunctionUrl/",
  });
  expect(deployment.ignored).toEqual([
    "AWS::KMS::Key",
    "AWS::SQS::QueuePolicy",
    expect.stringMatching(/^output Test-Shop.KeyArn: .*AWS::KMS::Key/),
  ]);
});

test("provisioning again finds everything as it is, under the same names", async () => {
  expect(await provisioned()).toEqual(deployment);
});
