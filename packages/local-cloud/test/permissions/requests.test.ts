// What each operation needs, from requests as the AWS SDK really sends them.

import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { wantedOfDynamodb } from "../../src/permissions/requests/dynamodb.ts";
import type { SeenRequest, Wanted } from "../../src/permissions/requests/request.ts";
import { wantedOfS3 } from "../../src/permissions/requests/s3.ts";
import { wantedOfSecretsManager } from "../../src/permissions/requests/secrets-manager.ts";
import { wantedOfSqs } from "../../src/permissions/requests/sqs.ts";

const setting = {
  region: "us-east-1",
  endpoint: "http://127.0.0.1:1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};

/** What the SDK would have sent. */
async function sent(
  client: { send: unknown; middlewareStack: unknown },
  command: object,
): Promise<SeenRequest> {
  let seen: SeenRequest | undefined;
  const catcher = (request: Record<string, unknown>) => {
    const {
      method,
      path,
      query,
      headers,
      body = "",
    } = request as {
      method: string;
      path: string;
      query: Record<string, string>;
      headers: Record<string, string>;
      body?: string | Uint8Array;
    };
    const url = new URL(path, setting.endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value ?? "");
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    seen = {
      method,
      url,
      headers: lower,
      body: Buffer.from(typeof body === "string" ? body : new Uint8Array(body)),
    };
    throw new Error("seen");
  };
  const stack = client.middlewareStack as { add(middleware: unknown, options: unknown): void };
  stack.add(() => (args: { request: Record<string, unknown> }) => catcher(args.request), {
    step: "finalizeRequest",
    priority: "low",
  });
  await (client.send as (command: object) => Promise<unknown>).call(client, command).catch(() => undefined);
  if (!seen) throw new Error("the SDK sent nothing");
  return seen;
}

function lines({ accesses }: Wanted): string[] {
  return accesses.map(
    ({ action, resource }) => `${action} ${resource.replace(/^arn:aws:(dynamodb|sqs):us-east-1:0+:/, "")}`,
  );
}

const Key = { id: { S: "1" } };
const [TableName, other] = ["Orders", "Outbox"];
const UpdateExpression = "SET a = :a";

describe("DynamoDB", () => {
  const needs = async (command: object) =>
    lines(wantedOfDynamodb(await sent(new DynamoDBClient(setting), command)));

  test.each([
    [new GetItemCommand({ TableName, Key }), ["dynamodb:GetItem table/Orders"]],
    [new PutItemCommand({ TableName, Item: Key }), ["dynamodb:PutItem table/Orders"]],
    [new UpdateItemCommand({ TableName, Key }), ["dynamodb:UpdateItem table/Orders"]],
    [new DeleteItemCommand({ TableName, Key }), ["dynamodb:DeleteItem table/Orders"]],
    [new ScanCommand({ TableName }), ["dynamodb:Scan table/Orders"]],
    [new QueryCommand({ TableName }), ["dynamodb:Query table/Orders"]],
    [new QueryCommand({ TableName, IndexName: "byDay" }), ["dynamodb:Query table/Orders/index/byDay"]],
    [
      new GetItemCommand({ TableName: "arn:aws:dynamodb:us-east-1:000000000000:table/Orders", Key }),
      ["dynamodb:GetItem table/Orders"],
    ],
    [
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [Key] }, [other]: { Keys: [Key] } } }),
      ["dynamodb:BatchGetItem table/Orders", "dynamodb:BatchGetItem table/Outbox"],
    ],
    [
      new BatchWriteItemCommand({ RequestItems: { [other]: [{ DeleteRequest: { Key } }] } }),
      ["dynamodb:BatchWriteItem table/Outbox"],
    ],
    [
      new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] }),
      ["dynamodb:GetItem table/Orders"],
    ],
    [
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: Key } },
          { Put: { TableName, Item: Key } },
          { Update: { TableName: other, Key, UpdateExpression } },
          { Delete: { TableName: other, Key } },
          { ConditionCheck: { TableName: other, Key, ConditionExpression: "a = b" } },
        ],
      }),
      [
        "dynamodb:PutItem table/Orders",
        "dynamodb:UpdateItem table/Outbox",
        "dynamodb:DeleteItem table/Outbox",
        "dynamodb:ConditionCheckItem table/Outbox",
      ],
    ],
    [
      new ExecuteStatementCommand({ Statement: 'select a FROM "Orders"' }),
      ["dynamodb:PartiQLSelect table/Orders"],
    ],
    [
      new ExecuteStatementCommand({ Statement: 'SELECT * FROM "Orders"."byDay" WHERE day = 1' }),
      ["dynamodb:PartiQLSelect table/Orders/index/byDay"],
    ],
    [
      new BatchExecuteStatementCommand({
        Statements: [
          { Statement: `INSERT INTO "Orders" VALUE {'id': ?}`, Parameters: [{ S: "1" }] },
          { Statement: `INSERT INTO Orders VALUE {'id': ?}`, Parameters: [{ S: "1" }] },
          { Statement: 'UPDATE "Outbox" SET "a" = ? WHERE "id" = ?', Parameters: [{ N: "1" }, { S: "1" }] },
        ],
      }),
      ["dynamodb:PartiQLInsert table/Orders", "dynamodb:PartiQLUpdate table/Outbox"],
    ],
    [
      new ExecuteTransactionCommand({
        TransactStatements: [{ Statement: `DELETE FROM Orders WHERE id = 'a'` }],
      }),
      ["dynamodb:PartiQLDelete table/Orders"],
    ],
  ])("%# needs its action on each table that it names", async (command, expected) => {
    expect(await needs(command)).toEqual(expected);
  });

  test("an operation that is not known nobody may use, nor a statement that is not understood", async () => {
    await expect(needs(new ListTablesCommand({}))).rejects.toThrow(
      /DynamoDB ListTables are not supported here; supported/,
    );
    await expect(needs(new ExecuteStatementCommand({ Statement: "EXISTS(SELECT 1)" }))).rejects.toThrow(
      "a PartiQL statement that is not understood here",
    );
  });

  test.each([
    [`INSERT INTO "Orders" VALUE {'a': ?, 'id': ?}`, [{ S: "x" }, { S: "mine#1" }], "mine#1"],
    [
      'UPDATE "Orders" SET "a" = ? WHERE "id" = ? AND "b" = ?',
      [{ S: "x" }, { S: "mine#1" }, { S: "y" }],
      "mine#1",
    ],
    [
      'UPDATE "Orders" SET "a" = ? WHERE "b" = ? AND id = ?',
      [{ S: "x" }, { S: "y" }, { S: "mine#1" }],
      "mine#1",
    ],
    [`UPDATE "Orders" SET "a" = ? WHERE "id" = 'mine#1'`, [{ S: "x" }], ""],
  ])("the key of %s is that of its item, where it is a parameter", async (Statement, Parameters, key) => {
    const command = new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters }] });
    const { accesses } = wantedOfDynamodb(await sent(new DynamoDBClient(setting), command));
    expect(accesses.map(({ leadingKeys }) => leadingKeys)).toEqual([[key]]);
  });
});

describe("SQS", () => {
  const needs = async (command: object) => lines(wantedOfSqs(await sent(new SQSClient(setting), command)));
  const QueueUrl = "http://127.0.0.1:9/000000000000/orders.fifo";

  test.each([
    [new SendMessageCommand({ QueueUrl, MessageBody: "{}" }), "SendMessage"],
    [new SendMessageBatchCommand({ QueueUrl, Entries: [] }), "SendMessage"],
    [new ReceiveMessageCommand({ QueueUrl }), "ReceiveMessage"],
    [new DeleteMessageBatchCommand({ QueueUrl, Entries: [] }), "DeleteMessage"],
    [new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries: [] }), "ChangeMessageVisibility"],
    [new GetQueueAttributesCommand({ QueueUrl }), "GetQueueAttributes"],
    [new GetQueueUrlCommand({ QueueName: "orders.fifo" }), "GetQueueUrl"],
  ])("%# needs the action of one message, on the queue", async (command, action) => {
    expect(await needs(command)).toEqual([`sqs:${action} orders.fifo`]);
  });

  test("an operation for operators is not known", async () => {
    await expect(needs(new PurgeQueueCommand({ QueueUrl }))).rejects.toThrow(
      "SQS PurgeQueue are not supported here",
    );
  });
});

describe("Secrets Manager", () => {
  const arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:Keys-AbCdEf";
  const needs = async (command: object) =>
    lines(
      wantedOfSecretsManager(
        await sent(new SecretsManagerClient(setting), command),
        new Map([["Keys", arn]]),
      ),
    );

  test.each([
    [new GetSecretValueCommand({ SecretId: arn }), "GetSecretValue"],
    [new GetSecretValueCommand({ SecretId: "Keys" }), "GetSecretValue"],
    [new DescribeSecretCommand({ SecretId: arn }), "DescribeSecret"],
    [new PutSecretValueCommand({ SecretId: arn, SecretString: "x" }), "PutSecretValue"],
    [
      new UpdateSecretVersionStageCommand({ SecretId: arn, VersionStage: "AWSCURRENT" }),
      "UpdateSecretVersionStage",
    ],
  ])("%# needs its action on the secret's ARN, by name too", async (command, action) => {
    expect(await needs(command)).toEqual([`secretsmanager:${action} ${arn}`]);
  });

  test("what is about no secret is not known", async () => {
    await expect(needs(new GetRandomPasswordCommand({}))).rejects.toThrow(
      "GetRandomPassword are not supported",
    );
  });
});

describe("S3", () => {
  const wanted = async (command: object) =>
    wantedOfS3(await sent(new S3Client({ ...setting, forcePathStyle: true }), command));
  const at = { Bucket: "claims", Key: "travel/a b+ü" };

  test.each([
    [new GetObjectCommand(at), ["s3:GetObject arn:aws:s3:::claims/travel/a b+ü"]],
    [new HeadObjectCommand(at), ["s3:GetObject arn:aws:s3:::claims/travel/a b+ü"]],
    [new PutObjectCommand({ ...at, Body: "x" }), ["s3:PutObject arn:aws:s3:::claims/travel/a b+ü"]],
    [new DeleteObjectCommand(at), ["s3:DeleteObject arn:aws:s3:::claims/travel/a b+ü"]],
    [
      new CopyObjectCommand({ ...at, CopySource: "other/kept/x%20y" }),
      ["s3:GetObject arn:aws:s3:::other/kept/x y", "s3:PutObject arn:aws:s3:::claims/travel/a b+ü"],
    ],
    [
      new ListObjectsV2Command({ Bucket: "claims", Prefix: "travel/" }),
      ["s3:ListBucket arn:aws:s3:::claims"],
    ],
    [new HeadBucketCommand({ Bucket: "claims" }), ["s3:ListBucket arn:aws:s3:::claims"]],
  ])("%# needs its action on the object or the bucket", async (command, expected) => {
    expect(lines(await wanted(command))).toEqual(expected);
  });

  test("to know that an object is missing one has to be allowed to list its bucket", async () => {
    const listing = (bucket: string) => ({ action: "s3:ListBucket", resource: `arn:aws:s3:::${bucket}` });
    expect((await wanted(new GetObjectCommand(at))).toKnowWhatIsMissing).toEqual(listing("claims"));
    const copy = new CopyObjectCommand({ ...at, CopySource: "/other/x" });
    expect((await wanted(copy)).toKnowWhatIsMissing).toEqual(listing("other"));
    expect((await wanted(new PutObjectCommand({ ...at, Body: "x" }))).toKnowWhatIsMissing).toBeUndefined();
  });

  test.each([
    [new GetObjectTaggingCommand(at), "GET object with tagging"],
    [new PutObjectCommand({ ...at, Body: "x", ACL: "public-read" }), "PUT object with x-amz-acl"],
    [new GetObjectCommand({ ...at, VersionId: "1" }), "GET object with versionId"],
    [new ListBucketsCommand({}), "GET bucket"],
  ])("%# is not known, so nobody may", async (command, what) => {
    await expect(wanted(command)).rejects.toThrow(`S3 ${what} are not supported here`);
  });
});
