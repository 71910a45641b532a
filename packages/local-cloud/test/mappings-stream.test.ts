// The DynamoDB stream event source mapping on a real stream, with real function processes.

import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import {
  aLocalFunction,
  aRecorder,
  eventually,
} from "@essentially-once/testing/internal/support/local-function";
import { localEngines } from "@essentially-once/testing/local-engines";
import type { DynamoDBRecord } from "aws-lambda";
import { expect, onTestFinished, test } from "vitest";
import { startStreamMapping } from "../src/mappings/stream.ts";
import { streamLineage } from "../src/mappings/stream-lineage.ts";
import type { StreamMapping } from "../src/model/model.ts";
import { createRuntime } from "../src/runtime/runtime.ts";

const engines = localEngines();

interface Setup {
  readonly code: string;
  readonly mapping?: Partial<StreamMapping>;
  readonly timeoutMs?: number;
  /** One: what a shard does is seen best alone. */
  readonly shards?: number;
  /** Items that are in the table before the mapping starts. */
  readonly before?: readonly string[];
}

async function mapped({ code, mapping, timeoutMs = 5_000, shards = 1, before = [] }: Setup) {
  const recorder = aRecorder();
  const fn = aLocalFunction(code, { timeoutMs });
  const { tableName, streamArn } = await engines.aStreamedTable("NEW_AND_OLD_IMAGES");
  const put = async (...ids: string[]) => {
    for (const id of ids) {
      await engines.clients.dynamodb.send(
        new PutItemCommand({ TableName: tableName, Item: { id: { S: id } } }),
      );
    }
  };
  await put(...before);
  const runtime = createRuntime({ functions: [fn], endpoints: engines.endpoints, onEvent: recorder.onEvent });
  const eventSource = startStreamMapping({
    mapping: {
      path: `${fn.path}/Mapping`,
      functionArn: fn.arn,
      streamArn,
      partitionKey: "id",
      batchSize: 100,
      batchWindowMs: 0,
      startingPosition: "TRIM_HORIZON",
      filterPatterns: [],
      bisectBatchOnFunctionError: false,
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      parallelizationFactor: 1,
      reportBatchItemFailures: false,
      ...mapping,
    },
    shards,
    functionPath: fn.path,
    ...engines.clients,
    invoke: runtime.invoke,
    onEvent: recorder.onEvent,
  });
  onTestFinished(async () => {
    await runtime.stop();
    await eventSource.stop();
  });
  /** The ids of each batch, as the function saw them. */
  const batches = () => recorder.said().filter(Array.isArray) as string[][];
  return {
    ...recorder,
    tableName,
    streamArn,
    functionArn: fn.arn,
    put,
    batches,
    seen: (...expected: string[][]) =>
      eventually(() => batches().length >= expected.length).then(() => expect(batches()).toEqual(expected)),
  };
}

/** Writes the ids of its batch, then does what the code says. */
function telling(code = ""): string {
  return `let runs = 0;
    export const handler = async ({ Records }) => {
      const ids = Records.map((r) => r.dynamodb.Keys.id.S);
      console.log(JSON.stringify(ids));
      runs++;
      ${code}
    };`;
}

const LETTERS = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("a record has the shape that Lambda documents, bytes as base64", async () => {
  const { tableName, streamArn, said } = await mapped({
    code: "export const handler = async ({ Records }) => { for (const r of Records) console.log(JSON.stringify(r)); };",
  });
  const key = { id: { S: "x" } };
  const { dynamodb } = engines.clients;
  await dynamodb.send(
    new PutItemCommand({
      TableName: tableName,
      Item: {
        ...key,
        bytes: { B: new Uint8Array([1, 2, 255]) },
        many: { BS: [new Uint8Array([7])] },
        nested: {
          M: { list: { L: [{ N: "1" }, { B: new Uint8Array([8]) }, { NULL: true }, { BOOL: false }] } },
        },
      },
    }),
  );
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: key,
      UpdateExpression: "SET n = :n REMOVE bytes, many, nested",
      ExpressionAttributeValues: { ":n": { N: "5" } },
    }),
  );
  await dynamodb.send(new DeleteItemCommand({ TableName: tableName, Key: key }));
  const records = await eventually(() => (said().length === 3 ? (said() as DynamoDBRecord[]) : undefined));
  expect(records.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
  expect(records[0]).toEqual({
    eventID: expect.any(String),
    eventName: "INSERT",
    eventVersion: expect.stringMatching(/^1\.\d$/),
    eventSource: "aws:dynamodb",
    awsRegion: "us-east-1",
    dynamodb: {
      ApproximateCreationDateTime: expect.any(Number),
      Keys: key,
      NewImage: {
        ...key,
        bytes: { B: "AQL/" },
        many: { BS: ["Bw=="] },
        nested: { M: { list: { L: [{ N: "1" }, { B: "CA==" }, { NULL: true }, { BOOL: false }] } } },
      },
      SequenceNumber: expect.any(String),
      SizeBytes: expect.any(Number),
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
    eventSourceARN: streamArn,
  });
  expect(Math.abs((records[0]?.dynamodb?.ApproximateCreationDateTime ?? 0) - Date.now() / 1000)).toBeLessThan(
    10,
  );
  expect(records[2]?.dynamodb).toMatchObject({ Keys: key, OldImage: { ...key, n: { N: "5" } } });
  expect(records[2]?.dynamodb).not.toHaveProperty("NewImage");
});

test("records come in the order they were written, in batches of at most the batch size", async () => {
  const { seen } = await mapped({ code: telling(), mapping: { batchSize: 3 }, before: LETTERS });
  await seen(["a", "b", "c"], ["d", "e", "f"], ["g", "h"]);
});

test("LATEST skips what was there before", async () => {
  const { put, batches } = await mapped({
    code: telling(),
    mapping: { startingPosition: "LATEST" },
    before: ["a"],
  });
  let next = 0;
  await eventually(async () => {
    await put(`later-${next++}`); // the mapping needs a moment to find the end of the stream
    return batches().length > 0;
  });
  expect(batches().flat()).not.toContain("a");
});

test("a batch window gathers records that arrive one after the other", async () => {
  const { put, seen } = await mapped({ code: telling(), mapping: { batchWindowMs: 1_200, batchSize: 4 } });
  for (const letter of LETTERS.slice(0, 6)) await put(letter);
  await seen(["a", "b", "c", "d"], ["e", "f"]);
});

test("a filter drops records, and dropped records count as processed", async () => {
  const { tableName, put, batches } = await mapped({
    code: telling(),
    mapping: {
      filterPatterns: [{ eventName: ["INSERT"], dynamodb: { Keys: { id: { S: [{ prefix: "keep-" }] } } } }],
    },
  });
  await put("keep-1", "drop-1");
  await engines.clients.dynamodb.send(
    new DeleteItemCommand({ TableName: tableName, Key: { id: { S: "keep-1" } } }),
  );
  await put("keep-2");
  await eventually(() => batches().flat().length >= 2);
  expect(batches().flat()).toEqual(["keep-1", "keep-2"]);
});

test("a failed batch is delivered again before anything behind it", async () => {
  const { seen } = await mapped({
    code: telling('if (runs < 3) throw new Error("not yet");'),
    mapping: { batchSize: 2 },
    before: ["a", "b", "c"],
  });
  await seen(["a", "b"], ["a", "b"], ["a", "b"], ["c"]);
});

test.each([
  ["dies", "process.exit(1);"],
  ["runs out of time", "for (;;);"],
])("a batch whose function %s is delivered again", async (_, failing) => {
  const { seen, of } = await mapped({
    // a new process has no memory of the last: the first to see the environment variable is the second
    code: `import { existsSync, writeFileSync } from "node:fs";
      ${telling(`if (!existsSync("ran")) { writeFileSync("ran", ""); ${failing} }`)}`,
    before: ["a"],
    timeoutMs: 400,
  });
  await seen(["a"], ["a"]);
  await eventually(() => of("invocation").length === 2);
  expect(of("invocation").map(({ outcome }) => outcome)).toEqual([
    expect.stringMatching(/killed|timeout/),
    "ok",
  ]);
});

test("a partial answer is a checkpoint: from the lowest failed record on all are delivered again", async () => {
  const { seen } = await mapped({
    code: telling(`if (runs > 1) return;
      const failed = Records.filter((r) => ["e", "c"].includes(r.dynamodb.Keys.id.S)).reverse();
      return { batchItemFailures: failed.map((r) => ({ itemIdentifier: r.dynamodb.SequenceNumber })) };`),
    mapping: { reportBatchItemFailures: true, bisectBatchOnFunctionError: true },
    before: ["a", "b", "c", "d", "e"],
  });
  await seen(["a", "b", "c", "d", "e"], ["c", "d", "e"]);
});

test.each([
  ["an unknown sequence number", '{ batchItemFailures: [{ itemIdentifier: "0" }] }'],
  ["an empty identifier", '{ batchItemFailures: [{ itemIdentifier: "" }] }'],
])("%s fails the whole batch", async (_, answer) => {
  const { seen } = await mapped({
    code: telling(`if (runs === 1) return ${answer};`),
    mapping: { reportBatchItemFailures: true },
    before: ["a", "b"],
  });
  await seen(["a", "b"], ["a", "b"]);
});

test("when the retries are used up the metadata goes to the failure destination, and the shard goes on", async () => {
  const destination = await engines.aQueue();
  const { seen, of, streamArn, functionArn } = await mapped({
    code: telling('if (ids.includes("b")) throw new Error("poison");'),
    mapping: { batchSize: 2, maximumRetryAttempts: 2, onFailureQueueUrl: destination.queueUrl },
    before: ["a", "b", "c"],
  });
  await seen(["a", "b"], ["a", "b"], ["a", "b"], ["c"]);
  expect(of("stream-failure")).toMatchObject([{ reason: "RetryAttemptsExhausted", records: 2 }]);
  const { Messages } = await engines.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: destination.queueUrl, WaitTimeSeconds: 2 }),
  );
  const toTheSecond = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const document = JSON.parse(Messages?.[0]?.Body ?? "{}");
  expect(document).toEqual({
    requestContext: {
      requestId: of("invocation")[2]?.requestId,
      functionArn,
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 3,
    },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    timestamp: expect.stringMatching(/Z$/),
    DDBStreamBatchInfo: {
      shardId: expect.any(String),
      startSequenceNumber: expect.any(String),
      endSequenceNumber: expect.any(String),
      approximateArrivalOfFirstRecord: toTheSecond,
      approximateArrivalOfLastRecord: toTheSecond,
      batchSize: 2,
      streamArn,
    },
  });
  const { startSequenceNumber, endSequenceNumber } = document.DDBStreamBatchInfo;
  expect(BigInt(endSequenceNumber)).toBeGreaterThan(BigInt(startSequenceNumber));
});

test("bisecting finds the one bad record; a split does not count as a retry, and all others are done in order", async () => {
  const { batches, of } = await mapped({
    code: telling('if (ids.includes("c")) throw new Error("poison");'),
    mapping: { maximumRetryAttempts: 1, bisectBatchOnFunctionError: true },
    before: LETTERS,
  });
  await eventually(() => of("stream-failure").length === 1 && batches().at(-1)?.includes("h"));
  expect(of("stream-failure")).toMatchObject([{ reason: "RetryAttemptsExhausted", records: 1 }]);
  expect(batches()).toEqual([
    LETTERS,
    ["a", "b", "c", "d"],
    ["a", "b"],
    ["c", "d"],
    ["c"],
    ["c"],
    ["d"],
    ["e", "f", "g", "h"],
  ]);
});

test("records that are too old are given up, and younger ones behind them are delivered", async () => {
  const { put, of, batches } = await mapped({
    code: telling('if (ids.includes("a")) throw new Error("poison");'),
    mapping: { maximumRecordAgeSeconds: 2 },
    before: ["a"],
  });
  await eventually(() => of("stream-failure").length);
  expect(of("stream-failure")).toMatchObject([{ reason: "RecordAgeExceeded", records: 1 }]);
  await put("b");
  await eventually(() => batches().flat().includes("b"));
});

test("shards run side by side: one that fails holds no other", async () => {
  const { shardOf } = streamLineage<string>({
    count: 4,
    openShard: ({ name }) => name,
    closeShard: () => undefined,
  });
  const shardOfId = (id: string) => shardOf(JSON.stringify({ S: id }));
  const others = Array.from({ length: 40 }, (_, n) => `id-${n}`).filter(
    (id) => shardOfId(id) !== shardOfId("a"),
  );
  expect(new Set(others.map(shardOfId)).size).toBe(3);
  const { batches, put } = await mapped({
    code: telling('if (ids.includes("a")) throw new Error("poison");'),
    mapping: { batchSize: 1 },
    shards: 4,
    before: ["a"],
  });
  await eventually(() => batches().length > 1);
  await put(...others);
  await eventually(() => others.every((id) => batches().flat().includes(id)));
});

test("the changes of an item come in their order, while the shards are split and joined", async () => {
  const { tableName, said } = await mapped({
    code: `export const handler = async ({ Records }) => {
      const all = Records.map((r) => [r.dynamodb.Keys.id.S, Number(r.dynamodb.NewImage.n?.N ?? 0)]);
      if (Math.random() < 0.05) throw new Error("now and then");
      console.log(JSON.stringify(all));
    };`,
    mapping: { batchSize: 50 },
    shards: 2,
  });
  const changes = 130; // of eight items: more than two generations of shards
  for (let n = 1; n <= changes; n++) {
    const puts = LETTERS.map((id) => ({ PutRequest: { Item: { id: { S: id }, n: { N: `${n}` } } } }));
    await engines.clients.dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: puts } }));
  }
  const seen = () => (said().filter(Array.isArray) as [string, number][][]).flat();
  await eventually(() => seen().length === changes * LETTERS.length);
  const ofItem = Map.groupBy(seen(), ([id]) => id);
  for (const letter of LETTERS) {
    expect(ofItem.get(letter)?.map(([, n]) => n)).toEqual(Array.from({ length: changes }, (_, n) => n + 1));
  }
});

test("an idle stream costs few reads", async () => {
  await mapped({ code: telling() });
  let reads = 0;
  engines.clients.streams.middlewareStack.add(
    (next) => async (args) => {
      reads++;
      return next(args);
    },
    { step: "initialize", name: "count-reads", override: true },
  );
  onTestFinished(() => void engines.clients.streams.middlewareStack.remove("count-reads"));
  const startedMs = Date.now();
  await eventually(() => reads > 3);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const seconds = (Date.now() - startedMs) / 1_000;
  expect(reads / seconds).toBeLessThan(20);
});
