// A queue that is not there: what is for it waits by itself, and holds neither another queue nor the shard.
import { CreateQueueCommand, DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { leaveOut } from "@essentially-once/testing/internal/support/partial-answers";
import {
  register,
  registerProducers,
  unregister,
} from "@essentially-once/testing/internal/support/register-producers";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { dynamodb } from "../../src/aws/clients.ts";
import { sqs } from "../../src/aws/sqs-client.ts";
import { orderingKeyOf } from "../../src/commit/outbox.ts";
import { setClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { asciiJson, type Envelope } from "../../src/envelope/envelope.ts";

let world: World;
let gone: string;
let minutes = 0;
let publish: typeof import("../../src/publish/relay/publish.ts").handler;
let sweep: typeof import("../../src/publish/relay/sweep.ts").handler;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/");
  await registerProducers(["tests"]);
  ({ handler: publish } = await import("../../src/publish/relay/publish.ts"));
  ({ handler: sweep } = await import("../../src/publish/relay/sweep.ts"));
});
beforeEach(async () => {
  const { QueueUrl = "" } = await world.clients.sqs.send(new CreateQueueCommand({ QueueName: newId() }));
  gone = QueueUrl;
  await register("audit", { accepts: [["kit.asked.v1"]], queue: gone });
  for (const row of await world.items(outbox())) await world.remove(outbox(), row);
  await world.drain(standard());
});
afterAll(() => world.stop());

it("G5: the other queues get theirs at once, and the shard goes on; the copy waits in a row of its own", async () => {
  const messages = [await committed("1"), await committed("2")];
  const unconcerned = await committed("unconcerned", "kit.approved.v1");
  await drop(gone);
  const lines = await linesOf(async () => {
    const event = streamOf([...messages, unconcerned]);
    expect(await later(() => publish(event, aContext()))).toEqual({ batchItemFailures: [] });
  });
  expect(await received(standard())).toEqual(["1", "2"]);
  await world.drain(world.output("SecondQueueUrl"));
  const said = lines.filter(({ code }) => code === "QUEUE_GONE" || code === "CONSUMER_LEFT");
  expect(said).toMatchObject([
    { level: "ERROR", code: "QUEUE_GONE", queueUrl: gone, messages: 2, messageIds: "1, 2" },
  ]);
  const rows = await world.items(outbox());
  expect(rows.map(({ queue }) => queue)).toEqual([gone, gone]);
  expect(rows.map(({ id }) => String(id).split("#")[0])).toEqual(["tests", "tests"]); // G7: its writer's still
});

it.each([
  ["AWS.SimpleQueueService.NonExistentQueue", true],
  ["QueueDoesNotExist", true],
  ["QueueDoesNotExistYet", false],
  ["NoQueueDoesNotExist", false],
  ["ANonExistentQueue", false],
  ["NonExistentQueues", false],
])("G3: a queue is gone when SQS says so, and by no other error: %s", async (name, isGone) => {
  const messages = [await committed("1")];
  sqs().middlewareStack.add(
    (next) => async (args) => {
      if ((args.input as { QueueUrl?: string }).QueueUrl === gone) throw Object.assign(new Error(), { name });
      return next(args);
    },
    { name: "no-queue", step: "initialize" },
  );
  const lines = await linesOf(() => later(() => publish(streamOf(messages), aContext())));
  sqs().middlewareStack.remove("no-queue");
  const codes = lines.map(({ code }) => code);
  expect([codes.includes("QUEUE_GONE"), codes.includes("SEND_FAILED")]).toEqual([isGone, !isGone]);
});

it("G11: names ten of the messages", async () => {
  const ids = Array.from({ length: 11 }, (_, n) => String(n));
  const messages: Awaited<ReturnType<typeof committed>>[] = [];
  for (const id of ids) messages.push(await committed(id));
  await drop(gone);
  const lines = await linesOf(() => later(() => publish(streamOf(messages), aContext())));
  const messageIds = ids.slice(0, 10).join(", ");
  expect(lines).toContainEqual(expect.objectContaining({ code: "QUEUE_GONE", messages: 11, messageIds }));
});

it("G3: the sweeper sends them to the queue when it exists again, and to no other queue", async () => {
  const messages = [
    await committed("1", "kit.asked.v1", [anEnvelope({ id: "beside", type: "kit.approved.v1" })]),
  ];
  await drop(gone);
  await later(() => publish(streamOf(messages), aContext()));
  await world.drain(standard());
  await later(() => sweep({}, aContext()));
  expect(await world.items(outbox())).toHaveLength(1);
  await world.clients.sqs.send(new CreateQueueCommand({ QueueName: gone.split("/").at(-1) }));
  await later(() => sweep({}, aContext()));
  expect(await received(gone)).toEqual(["1"]);
  expect(await received(standard())).toEqual([]);
  expect(await received(world.output("SecondQueueUrl"))).toEqual(["beside"]);
  expect(await world.items(outbox())).toEqual([]);
});

it("G3, G7: and so it does with a row in the form of older releases, whose key does not name its writer", async () => {
  const message = anEnvelope({ id: "former", type: "kit.asked.v1" });
  const item = { id: newId(), createdAt: message.time, messages: [asciiJson(message)] };
  await world.put(world.output("OutboxTable"), item);
  await drop(gone);
  await later(() => publish(streamOf([item]), aContext()));
  expect(await world.items(world.output("OutboxTable"))).toEqual([]);
  await world.clients.sqs.send(new CreateQueueCommand({ QueueName: gone.split("/").at(-1) }));
  await later(() => sweep({}, aContext()));
  expect(await received(gone)).toEqual(["former"]);
});

it("G3: a message for two queues that are not there has a copy for each", async () => {
  const QueueName = `also-${gone.split("/").at(-1)}`;
  const { QueueUrl = "" } = await world.clients.sqs.send(new CreateQueueCommand({ QueueName }));
  await register("audit-too", { accepts: [["kit.asked.v1"]], queue: QueueUrl });
  const messages = [await committed("twice")];
  for (const queueUrl of [gone, QueueUrl]) await drop(queueUrl);
  await later(() => publish(streamOf(messages), aContext()));
  await unregister("audit-too");
  expect((await world.items(outbox())).map(({ queue }) => queue).sort()).toEqual([gone, QueueUrl].sort());
});

it("G3: the sweeper looks after a copy at once, however young its message is", async () => {
  const createdAt = new Date(Date.now() + (minutes + 2) * 60_000).toISOString();
  const young = { ...(await committed("young")), createdAt };
  await world.put(outbox(), young);
  await drop(gone);
  await later(() => publish(streamOf([young]), aContext()));
  minutes -= 2;
  expect(await later(() => sweep({}, aContext()))).toEqual({ rows: 1, sent: 0, stranded: 1 });
});

it("G3: the stream brings the row of a stranded copy, too, and is not held by it", async () => {
  const messages = [await committed("1")];
  await drop(gone);
  await later(() => publish(streamOf(messages), aContext()));
  const stranded = await world.items(outbox());
  expect(await later(() => publish(streamOf(stranded), aContext()))).toEqual({ batchItemFailures: [] });
  expect(await world.items(outbox())).toEqual(stranded);
});

it("G6: messages for a consumer that has left the registry are reported, and hold no other message", async () => {
  const messages = [await committed("1")];
  await drop(gone);
  await later(() => publish(streamOf(messages), aContext()));
  await unregister("audit");
  const lines = await linesOf(() => later(() => sweep({}, aContext())));
  const said = lines.filter(({ code }) => code === "QUEUE_GONE" || code === "CONSUMER_LEFT");
  expect(said).toMatchObject([
    { level: "ERROR", code: "CONSUMER_LEFT", queueUrl: gone, messages: 1, messageIds: "1" },
  ]);
  expect(await world.items(outbox())).toEqual([]);
  expect(await received(standard())).toEqual(["1"]);
});

it("G6: and so it is when the relay finds out by the queue", async () => {
  const messages = [await committed("1")];
  await later(() => publish(streamOf([]), aContext())); // has read the registry
  await unregister("audit");
  await drop(gone);
  minutes -= 1.9; // too soon to be read again by itself
  const lines = await linesOf(() => later(() => publish(streamOf(messages), aContext())));
  expect(lines).toContainEqual(expect.objectContaining({ code: "CONSUMER_LEFT", messages: 1 }));
  expect(await received(standard())).toEqual(["1"]);
  expect(await world.items(outbox())).toEqual([]);
});

it("G3: a message of a type without any consumer left waits in the outbox", async () => {
  await register("tests", { publishes: ["tests.audited.v1"] });
  await register("audit", { accepts: [["tests.audited.v1"]], queue: gone });
  const messages = [await committed("1", "tests.audited.v1")];
  await later(() => publish(streamOf([]), aContext()));
  await unregister("audit");
  await drop(gone);
  const answer = await later(() => publish(streamOf(messages), aContext()));
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "100" }] });
  expect(await world.items(outbox())).toHaveLength(1);
  await registerProducers(["tests"]);
});

it("G3: and so it does when the relay finds out by the queue", async () => {
  await register("tests", { publishes: ["tests.audited.v1"] });
  await register("audit", { accepts: [["tests.audited.v1"]], queue: gone });
  const messages = [await committed("audited", "tests.audited.v1")];
  await later(() => publish(streamOf([]), aContext()));
  await unregister("audit");
  await drop(gone);
  minutes -= 1.9; // too soon to be read again by itself
  const lines = await linesOf(() => later(() => publish(streamOf(messages), aContext())));
  expect(lines).toContainEqual(expect.objectContaining({ code: "QUEUE_GONE", messages: 1 }));
  const stranded = await world.items(outbox());
  expect(stranded).toMatchObject([{ messages: messages[0]?.messages, queue: gone }]);
  expect(await later(() => sweep({}, aContext()))).toEqual({ rows: 1, sent: 0, stranded: 1 });
  expect(await world.items(outbox())).toEqual(stranded);
  await registerProducers(["tests"]);
});

it("G3: the row stays whole when its copy could not be kept", async () => {
  const messages = [await committed("1")];
  await drop(gone);
  const faults = injectFaults(dynamodb(), { command: "BatchWriteItemCommand", moment: "before" });
  await later(() => publish(streamOf(messages), aContext())).catch(() => undefined);
  faults.remove();
  expect(await world.items(outbox())).toEqual(messages.map((item) => expect.objectContaining(item)));
});

it("G3: of two rows, the one whose copy DynamoDB leaves out stays whole", async () => {
  const messages = [await committed("1"), await committed("2")];
  await drop(gone);
  const partial = leaveOut(dynamodb(), { command: "BatchWriteItemCommand", requests: 9 });
  await later(() => publish(streamOf(messages), aContext()));
  partial.remove();
  const rows = await world.items(outbox());
  expect(rows).toContainEqual(expect.objectContaining(messages[0]));
  expect(rows.map(({ queue }) => queue)).toContain(gone);
});

/** A row of the outbox with one message, and others. */
async function committed(id: string, type = "kit.asked.v1", others: readonly Envelope[] = []) {
  const envelope = anEnvelope({ id, type });
  const item = {
    id: orderingKeyOf(envelope),
    place: `${newId()}`,
    createdAt: envelope.time,
    messages: [envelope, ...others].map(asciiJson),
  };
  await world.put(outbox(), item);
  return item;
}

function streamOf(items: readonly Record<string, unknown>[]): DynamoDBStreamEvent {
  const Records = items.map((item, index) => ({
    eventName: "INSERT" as const,
    dynamodb: { NewImage: marshall(item), SequenceNumber: String(100 + index) },
  }));
  return { Records } as DynamoDBStreamEvent;
}

/** Each time as much later that the registry is read again, and that the sweeper takes every row. */
async function later<Result>(work: () => Promise<Result>): Promise<Result> {
  minutes += 2;
  const restore = setClock(() => Date.now() + minutes * 60_000);
  return work().finally(restore);
}

async function drop(queueUrl: string): Promise<void> {
  await world.clients.sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
}

async function received(queueUrl: string): Promise<string[]> {
  return (await world.drain(queueUrl)).map(({ body }) => JSON.parse(body).id as string).sort();
}

function outbox(): string {
  return world.output("OrderedOutboxTable");
}

function standard(): string {
  return world.output("StandardQueueUrl");
}
