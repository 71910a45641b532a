import { CreateTableCommand, DescribeTableCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { streamRecord } from "@essentially-once/local-cloud/internal/mappings/stream-record";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { Asked } from "@essentially-once/testing/internal/support/kit/messages";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { registerProducers } from "@essentially-once/testing/internal/support/register-producers";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { outboxIdAttribute } from "../src/commit/inline-write.ts";
import { rows } from "../src/commit/rows.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { consumer } from "../src/receive/consumer.ts";

interface Counter extends Versioned {
  readonly count: number;
}

let world: World;
let faults: Faults | undefined;
let table: string;
let publish: typeof import("../src/publish/relay/publish.ts").handler;
let sweep: typeof import("../src/publish/relay/sweep.ts").handler;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  world.enter("Relay/");
  await registerProducers(["count"], { table: "items" });
  ({ handler: publish } = await import("../src/publish/relay/publish.ts"));
  ({ handler: sweep } = await import("../src/publish/relay/sweep.ts"));
});
beforeEach(async () => {
  table = await aTableWithStream();
});
afterEach(async () => {
  faults?.remove();
  faults = undefined;
  for (const row of await world.items(outbox())) await world.remove(outbox(), row);
  await world.drain(queue());
});
afterAll(() => world.stop());

it("G3: each record brings the messages of its own commit, though the item has only those of the last", async () => {
  const id = newId();
  for (const total of [1, 2, 3]) await commit(id, total);
  expect(await publish(await streamNow(), aContext())).toEqual({ batchItemFailures: [] });
  expect(await totalsReceived()).toEqual([1, 2, 3]);
  expect(await world.items(outbox())).toEqual([]);
});

it("G3: a change that published nothing brings nothing again", async () => {
  const id = newId();
  await commit(id, 0);
  await commit(id, 1);
  await commit(id, 2, { evidence: rows() });
  await commit(id, 0);
  for (const row of await world.items(outbox())) await world.remove(outbox(), row);
  await publish(await streamNow(), aContext());
  expect(await totalsReceived()).toEqual([1]);
});

it("G3: what a queue does not take is reported to the stream, and is a row that the sweeper delivers alone", async () => {
  await commit(newId(), 1);
  const event = await streamNow();
  faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
  const { batchItemFailures } = await publish(event, aContext());
  expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0]?.dynamodb?.SequenceNumber }]);
  expect(await world.items(outbox())).toHaveLength(1);

  faults.remove();
  const restoreClock = setClock(() => Date.now() + 61_000);
  expect(await sweep({}, aContext())).toMatchObject({ sent: 1 });
  restoreClock();
  expect(await totalsReceived()).toEqual([1]);
  expect(await world.items(outbox())).toEqual([]);
});

it("G5: a row that is kept holds those behind it for some minutes, and no longer", async () => {
  await commit(newId(), 1);
  const event = await streamNow();
  faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
  expect((await publish(event, aContext())).batchItemFailures).toHaveLength(1);
  const restoreClock = setClock(() => Date.now() + 302_000);
  expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
  const refusing = injectFaults(dynamodb(), { command: "PutItemCommand", moment: "before" });
  expect((await publish(event, aContext())).batchItemFailures).toHaveLength(1);
  refusing.remove();
  restoreClock();
});

it("G3: keeps the rows in time when a queue does not answer at all", async () => {
  await commit(newId(), 1);
  const event = await streamNow();
  const name = "no-answer";
  sqs().middlewareStack.add(() => () => new Promise(() => undefined), { name, step: "initialize" });
  const { batchItemFailures } = await publish(event, aContext({ remainingMs: 1_700 }));
  sqs().middlewareStack.remove(name);
  expect(batchItemFailures).toEqual([{ itemIdentifier: event.Records[0]?.dynamodb?.SequenceNumber }]);
  expect(await world.items(outbox())).toHaveLength(1);
  expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
  expect(await totalsReceived()).toEqual([1]);
});

it("G3: what a stream gave up is brought again by another name of its commit, and by no other change (runbook)", async () => {
  const id = newId();
  await commit(id, 1);
  for (const attribute of ["note", outboxIdAttribute]) {
    await world.clients.dynamodb.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: id } },
        UpdateExpression: "SET #a = :again",
        ExpressionAttributeNames: { "#a": attribute },
        ExpressionAttributeValues: { ":again": { S: "again" } },
      }),
    );
  }
  const [, changed, renamed] = (await streamNow()).Records;
  if (!changed || !renamed) throw new Error("three changes are three records");
  await publish({ Records: [changed] }, aContext());
  expect(await totalsReceived()).toEqual([]);
  await publish({ Records: [renamed] }, aContext());
  expect(await totalsReceived()).toEqual([1]);
});

it("G3: says when even a row could not be kept, and the stream brings the record again", async () => {
  for (const total of [1, 2]) await commit(newId(), total);
  const event = await streamNow();
  faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
  let puts = 0;
  const name = "first-put";
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === "PutItemCommand" && ++puts === 1) throw new TypeError("no answer");
        return next(args);
      },
    { name, step: "initialize" },
  );
  const lines = await linesOf(async () => {
    expect((await publish(event, aContext())).batchItemFailures).toHaveLength(1);
  });
  dynamodb().middlewareStack.remove(name);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "ERROR", code: "OUTBOX_WRITE_FAILED", rows: 1 }),
  );
  expect(await world.items(outbox())).toHaveLength(1);
  faults.remove();
  expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
  expect(await totalsReceived()).toEqual([1, 2]);
});

it("G7: what the registry does not know yet waits in the name of its table, until its function is there", async () => {
  await commit(newId(), 1, { name: "newcomer" });
  expect((await publish(await streamNow(), aContext())).batchItemFailures).toHaveLength(1);
  const [row] = await world.items(outbox());
  expect(row?.id).toMatch(/^items#[\w-]{22}$/);
  await registerProducers(["newcomer"], { table: "items" });
  const restoreClock = setClock(() => Date.now() + 301_000);
  expect(await sweep({}, aContext())).toEqual({ rows: 1, sent: 1 });
  restoreClock();
  expect(await totalsReceived()).toEqual([1]);
});

it("G3: sends nothing to the outbox table and deletes nothing there when all went well", async () => {
  await commit(newId(), 1);
  faults = injectFaults(dynamodb(), { command: "BatchWriteItemCommand", moment: "before" });
  expect(await publish(await streamNow(), aContext())).toEqual({ batchItemFailures: [] });
  expect(faults.attempts).toEqual([]);
});

/** One message changes the item; above 0 it publishes an ask for that amount. */
async function commit(
  id: string,
  total: number,
  { evidence = inline({ table }), name = "count" } = {},
): Promise<void> {
  const counters = versionedTable<Counter>(table);
  const handler = consumer(contract({ name, accepts: [Asked], publishes: [Asked] }))
    .use(idempotency({ evidence }))
    .handler(async (_message, unit) => {
      const counter = (await counters.get(id)) ?? { id, version: 0, count: 0 };
      unit.write(counters.save({ ...counter, count: counter.count + 1 }));
      if (total > 0) unit.publish(Asked.from({ ask: id, till: "t", amount: total }));
    });
  const message = anEnvelope(Asked.from({ ask: id, till: "t", amount: 1 }));
  const response = await handler(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
  expect(response).toEqual({ batchItemFailures: [] });
}

async function aTableWithStream(): Promise<string> {
  const TableName = `items-${newId()}`;
  await world.clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    }),
  );
  return TableName;
}

/** Everything that the table's stream holds. */
async function streamNow(): Promise<DynamoDBStreamEvent> {
  const { Table } = await world.clients.dynamodb.send(new DescribeTableCommand({ TableName: table }));
  const StreamArn = Table?.LatestStreamArn;
  const { StreamDescription } = await world.clients.streams.send(new DescribeStreamCommand({ StreamArn }));
  const Records: DynamoDBRecord[] = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator } = await world.clients.streams.send(
      new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const page = await world.clients.streams.send(new GetRecordsCommand({ ShardIterator }));
    Records.push(
      ...(page.Records ?? []).map((record) =>
        streamRecord(record, "arn:aws:dynamodb:us-east-1:000000000000:table/items/stream/1"),
      ),
    );
  }
  return { Records };
}

async function totalsReceived(): Promise<number[]> {
  return (await world.drain(queue())).map(({ body }) => JSON.parse(body).data.amount as number).sort();
}

function outbox(): string {
  return world.output("OrderedOutboxTable");
}

function queue(): string {
  return world.output("StandardQueueUrl");
}
