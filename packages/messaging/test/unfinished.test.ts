import { CreateQueueCommand } from "@aws-sdk/client-sqs";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { sqs } from "../src/aws/sqs-client.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { projection } from "../src/pull/projection.ts";
import { consumer } from "../src/receive/consumer.ts";
import { endpoint } from "../src/receive/endpoint.ts";
import { observed } from "../src/receive/observed.ts";

const Ping = messageType({
  type: "tests.ping.v1",
  schema: z.strictObject({ hangs: z.boolean() }),
  key: () => "all",
});
/** Half a second of work, for a busy machine, then a second to answer. */
const remainingMs = 1_500;

let world: World;
let deadLetterQueueUrl: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
  await handler()(anSqsEvent(aRecord({ hangs: false })), aContext()); // what a start loads is there, as in the second invocation
});
beforeEach(() => world.enter("Standard/"));
afterAll(() => world.stop());

it("G6: a handler that never ends has a line at each deadline, and is parked by us after its last attempt", async () => {
  deadLetterQueueUrl = process.env.DEAD_LETTER_QUEUE_URL ?? "";
  await hangsToTheLast({ queueName: "tested" });
});

it("G4, G6: so has one of a FIFO queue, and its successors are held", async () => {
  const queueName = `${newId()}.fifo`;
  const attributes = { FifoQueue: "true" };
  const create = (QueueName: string) =>
    world.clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes: attributes }));
  const { QueueUrl } = await create(queueName);
  deadLetterQueueUrl = (await create(`dead-${queueName}`)).QueueUrl ?? "";
  Object.assign(process.env, { QUEUE_URL: QueueUrl, DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl });
  await hangsToTheLast({ queueName, group: "g" });
  await linesOf(() =>
    handler()(anSqsEvent(aRecord({ hangs: false }, { queueName, group: "g" })), aContext()),
  );
  expect(await reasons()).toEqual(["HELD"]);
});

it("G5: what there was no time to begin is told apart, and has used up nothing", async () => {
  const records = Array.from({ length: 102 }, () => aRecord({ hangs: true }));
  const lines = await linesOf(async () => {
    const { batchItemFailures } = await handler()(anSqsEvent(...records), aContext({ remainingMs }));
    expect(batchItemFailures).toHaveLength(102);
  });
  expect(lines.filter(({ code }) => code === "UNFINISHED")).toHaveLength(100);
  expect(lines.find(({ code }) => code === "NOT_BEGUN")).toMatchObject({ level: "WARN", records: 2 });
});

it("G5: a failure that is still being settled at the deadline is no success", async () => {
  const hangs = () => () => new Promise<never>(() => undefined);
  sqs().middlewareStack.add(hangs, { step: "initialize", name: "hangs" });
  onTestFinished(() => void sqs().middlewareStack.remove("hangs"));
  const failing = consumer(contract({ name: "failing", accepts: [Ping] }))
    .use(idempotency({ evidence: rows() }))
    .handler(() => Promise.reject(new Error("fails")));
  const record = aRecord({ hangs: false });
  const { batchItemFailures } = await failing(anSqsEvent(record), aContext({ remainingMs }));
  expect(batchItemFailures).toEqual([{ itemIdentifier: record.messageId }]);
});

it("an endpoint answers in time, and says that the same key finds out", async () => {
  const hanging = endpoint(contract({ name: "hanging", accepts: [Ping] }))
    .use(idempotency({ evidence: rows() }))
    .handler(() => new Promise<never>(() => undefined));
  const post = aPost({ hangs: true }, { "idempotency-key": newId() });
  const lines = await linesOf(async () => {
    const { statusCode, headers } = await hanging(post, aContext({ remainingMs }));
    expect({ statusCode, headers }).toMatchObject({ statusCode: 504, headers: { "retry-after": "1" } });
  });
  expect(lines.find(({ code }) => code === "REFUSED")).toMatchObject({
    status: 504,
    errorCode: "UNFINISHED",
  });
});

it("a projection says which partition did not end", async () => {
  const journal = {
    partitions: 1,
    checkPartitions: async () => undefined,
    read: () => new Promise<never>(() => undefined),
  };
  const pulled = projection(contract({ name: "hanging", accepts: [Ping] }), {
    journal: journal as never,
    table: process.env.EVIDENCE_TABLE ?? "",
  }).handler(async () => undefined);
  const lines = await linesOf(() =>
    expect(pulled({}, aContext({ remainingMs: 1_500 }))).rejects.toThrow("partitions 0"),
  );
  expect(lines.find(({ code }) => code === "UNFINISHED")).toMatchObject({ partition: 0 });
});

it("any other function has a last word before Lambda stops it", async () => {
  const late = observed("late", [], () => new Promise((resolve) => setTimeout(resolve, 5)));
  const lines = await linesOf(() => late({}, aContext({ remainingMs: 0 })));
  expect(lines.find(({ code }) => code === "DEADLINE_MISSED")).toMatchObject({ level: "ERROR" });
});

async function hangsToTheLast(place: { queueName: string; group?: string }): Promise<void> {
  const record = aRecord({ hangs: true }, place);
  for (let receiveCount = 1; receiveCount <= 5; receiveCount++) {
    const again = { ...record.attributes, ApproximateReceiveCount: String(receiveCount) };
    const neighbour = aRecord({ hangs: false }, { ...place, ...(place.group && { group: newId() }) });
    const lines = await linesOf(async () => {
      const event = anSqsEvent({ ...record, attributes: again }, neighbour);
      const { batchItemFailures } = await handler()(event, aContext({ remainingMs }));
      expect(batchItemFailures).toEqual(receiveCount < 5 ? [{ itemIdentifier: record.messageId }] : []);
    });
    const line = lines.find(({ code }) => code === (receiveCount < 5 ? "UNFINISHED" : "PARKED"));
    expect(line).toMatchObject({
      level: "WARN",
      ...(receiveCount < 5 ? { receiveCount } : { reasonCode: "RUN_UNFINISHED" }),
    });
  }
  expect(await reasons()).toEqual(["RUN_UNFINISHED"]);
}

async function reasons(): Promise<(string | undefined)[]> {
  return (await world.drain(deadLetterQueueUrl)).map(({ attributes }) => attributes.ReasonCode);
}

function handler() {
  return consumer(contract({ name: "hanging", accepts: [Ping] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data: { hangs } }) => {
      if (hangs) await new Promise(() => undefined);
    });
}

function aRecord(data: { hangs: boolean }, place: { queueName?: string; group?: string } = {}) {
  return anSqsRecord(asciiJson(anEnvelope({ type: Ping.type, data })), place);
}
