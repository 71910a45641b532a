// Messages of other programs, from their queue to its dead-letter queue and back, in the form in which they came.
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { sqsRecord } from "@essentially-once/local-cloud/internal/mappings/sqs-record";
import { consumer } from "@essentially-once/messaging/consumer";
import { type Contract, contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { deleteMessages } from "@essentially-once/messaging/internal/aws/sqs-batch";
import {
  attribute,
  deduplicationId,
  type From,
  field,
} from "@essentially-once/messaging/internal/origin/origin";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { rows } from "@essentially-once/messaging/rows";
import { s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { sns } from "@essentially-once/messaging/sns";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { aContext, anSqsEvent } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { originIn } from "../src/connect/origins.ts";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { discard } from "../src/dead-letters/discard.ts";
import { edit } from "../src/dead-letters/edit.ts";
import { listDeadLetters } from "../src/dead-letters/list.ts";
import { redrive } from "../src/dead-letters/redrive.ts";
import { show } from "../src/dead-letters/show.ts";

const Paid = messageType({
  type: "legacy.paid.v1",
  schema: z.looseObject({ cents: z.int().positive() }),
  key: () => "account",
});
let world: DeadLetterWorld;
/** Of the payment of a test. */
let number = 0;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(() => {
  number++;
});
afterAll(() => world.stop());

const cents = (amount: number) => JSON.stringify({ payment: { number }, cents: amount });
const byField = rawJson({ id: field("payment", "number") });

it("G2: a copy of a message is a duplicate, under whatever id SQS knows it", async () => {
  const queue = await aQueueOf(byField);
  await queue.send(cents(5));
  await queue.send(cents(5));
  expect(await queue.deliver()).toEqual([`${number} 5`]);
  await queue.send(cents(6));
  expect(await queue.deliver()).toEqual([]);
  expect(await queue.reasons()).toEqual(["ID_REUSED"]);
});

it("G6: without its id a message is parked, and is done when the contract points at the right place", async () => {
  const before = await aQueueOf(rawJson({ id: field("number") }));
  await before.send(cents(5));
  expect(await before.deliver()).toEqual([]);
  expect(await before.reasons()).toEqual(["ID_MISSING"]);
  expect(await before.redriven()).toEqual(["left"]);
  const after = await aQueueOf(byField, before.queue);
  expect(await after.redriven()).toEqual(["sent-back"]);
  expect(await after.deliver()).toEqual([`${number} 5`]);
});

it.each<[string, From, (id: string) => Parameters<Sender>[1]]>([
  ["the deduplication id", rawJson({ id: deduplicationId() }), (id) => ({ deduplicationId: id })],
  ["an attribute", rawJson({ id: attribute("number") }), (id) => ({ deduplicationId: id, number: id })],
])(
  "G2, G4: %s goes through park and redrive, and tells two messages of one text apart",
  async (_what, from, by) => {
    const queue = await aQueueOf(from, undefined, { fifo: true });
    await queue.send(cents(13), by(`first-${number}`));
    await queue.send(cents(13), by(`second-${number}`));
    await queue.send(cents(14), by(`third-${number}`));
    for (let receive = 0; receive < 3; receive++)
      expect(await queue.deliver({ unlucky: `first-${number}` })).toEqual([]);
    expect(await queue.reasons()).toEqual(["UNLUCKY"]); // a FIFO queue shows the first of a group
    expect(await queue.redriven()).toEqual(["sent-back", "sent-back", "sent-back"]);
    const done: string[] = [];
    for (let receive = 0; receive < 3; receive++) done.push(...(await queue.deliver()));
    expect(done).toEqual([`first-${number} 13`, `second-${number} 13`, `third-${number} 14`]);
    expect(await queue.reasons()).toEqual([]);
    const lines = (await world.items(world.evidenceTable)).filter(({ line }) => Array.isArray(line));
    expect(lines).toEqual([]);
  },
);

it("G6, G7: what cannot be read is redriven with its deduplication id, and not with one of SQS", async () => {
  const queue = await aQueueOf(rawJson({ id: deduplicationId() }), undefined, { fifo: true });
  await queue.send("{", { deduplicationId: "d-1" });
  expect(await queue.deliver()).toEqual([]);
  expect(await queue.redriven({ force: true })).toEqual(["sent-back"]);
  const [message] = await world.drain(queue.queue.queueUrl);
  expect(message).toMatchObject({
    Body: "{",
    MessageAttributes: { EssentiallyOnceId: { StringValue: "d-1" } },
  });
});

it("G6: shows the message as the consumer reads it and as it came", async () => {
  const queue = await aQueueOf(sns(byField));
  const body = notification(cents(5));
  await queue.send(body, { number: "x" });
  await queue.deliver({ unlucky: String(number) });
  const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue.queue]);
  const shown = await Promise.all(
    deadLetters.map((one) => show(queue.place, one, { payload: true, known: {} })),
  );
  expect(shown).toMatchObject([
    {
      id: String(number),
      type: Paid.type,
      form: "sns",
      payload: JSON.parse(cents(5)),
      original: body,
      attributes: ["number"],
      signature: { kind: "unsigned" },
      redrive: { outcome: "sent-back" },
    },
  ]);
  expect(await queue.redriven()).toEqual(["sent-back"]);
  const [redriven] = await world.drain(queue.queue.queueUrl);
  expect(redriven?.Body).toBe(body);
  expect(Object.keys(redriven?.MessageAttributes ?? {})).toEqual(["number"]);
});

it.each<[string, From, (text: string) => string]>([
  ["raw JSON", byField, (text) => text],
  ["a notification of SNS", sns(byField), notification],
])(
  "G2, G6: an edit of %s is a whole body, refused when it would be parked, and takes the place of the old",
  async (_what, from, form) => {
    const queue = await aQueueOf(from);
    await queue.send(form(cents(-5)));
    expect(await queue.deliver()).toEqual([]);
    await expect(queue.edited(JSON.parse(form(cents(-4))))).rejects.toThrow("DATA_INVALID");
    await expect(queue.edited({ cents: 5 })).rejects.toThrow(/whole body .*(ID_MISSING|FORM_INVALID)/);
    const edited = await queue.edited(JSON.parse(form(cents(4))));
    await queue.send(form(cents(-5))); // a copy that was in flight
    expect(await queue.deliver()).toEqual([`${edited?.supersededBy} 4`]);
    expect(await queue.reasons()).toEqual([]);
  },
);

it("G2, G4: an edit keeps the place of its group's line", async () => {
  const queue = await aQueueOf(rawJson({ id: deduplicationId() }), undefined, { fifo: true });
  await queue.send(cents(-1), { deduplicationId: `first-${number}` });
  await queue.send(cents(2), { deduplicationId: `second-${number}` });
  for (let receive = 0; receive < 2; receive++) await queue.deliver();
  const edited = await queue.edited(JSON.parse(cents(1)), `first-${number}`);
  expect(await queue.deliver()).toEqual([`${edited?.supersededBy} 1`]);
  expect(await queue.redriven()).toEqual(["sent-back"]);
  expect(await queue.deliver()).toEqual([`second-${number} 2`]);
});

it("G2: what is discarded takes no effect when a copy of it comes", async () => {
  const queue = await aQueueOf(byField);
  await queue.send(cents(5));
  await queue.deliver({ unlucky: String(number) });
  const options = { queues: [queue.queue], matches: () => true, because: "old", dryRun: false };
  const { discarded } = await discard(world.clients, options);
  expect(discarded).toMatchObject([{ id: String(number), evidence: true }]);
  await queue.send(cents(5));
  expect(await queue.deliver()).toEqual([]);
  expect(await queue.reasons()).toEqual([]);
});

it("G6: a message that SQS moved by itself keeps its deduplication id as its id", async () => {
  const queue = await aQueueOf(rawJson({ id: deduplicationId() }), undefined, { fifo: true });
  await world.clients.sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.queue.deadLetterQueueUrl,
      MessageBody: cents(5),
      MessageGroupId: "g",
      MessageDeduplicationId: `moved-${number}`,
    }),
  );
  expect(await queue.redriven()).toEqual(["sent-back"]);
  expect(await queue.deliver()).toEqual([`moved-${number} 5`]);
});

it("G6: S3's test event is acknowledged, without effect and without a dead letter", async () => {
  const queue = await aQueueOf(s3Notifications());
  await queue.send(
    '{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-10-13T15:57:02.089Z","Bucket":"b"}',
  );
  expect(await queue.deliver()).toEqual([]);
  expect(await world.depth(queue.queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
  expect(await queue.reasons()).toEqual([]);
});

type Sender = (body: string, beside?: Readonly<Record<string, string>>) => Promise<void>;

/** A queue that others fill, and a consumer with all guards, which has no keys. */
async function aQueueOf(from: From, given?: ConsumerQueue, { fifo = false } = {}) {
  const own: Contract = contract({ name: "note-taker", accepts: [Paid], from });
  const made = given ?? (await world.aQueue({ fifo }));
  const queue = { ...made, from: originIn(JSON.stringify(own.from?.form), own.name) };
  Object.assign(process.env, { QUEUE_URL: queue.queueUrl, DEAD_LETTER_QUEUE_URL: queue.deadLetterQueueUrl });
  let unlucky: string | undefined;
  let done: [run: string, what: string][] = [];
  let runs = 0;
  const handler = consumer(own)
    .use(guards())
    .use(idempotency({ evidence: rows({ groupCommit: false }) }))
    .handler(async ({ id, data }, unit) => {
      if (id === unlucky) throw new Park("UNLUCKY", "it is");
      const what = `${id} ${(data as { cents: number }).cents}`;
      const run = `${queue.queueUrl} run ${runs++}`;
      done.push([run, what]);
      unit.write({ Put: { TableName: world.stateTable, Item: { id: { S: run } } } });
    });
  const place = { dynamodb: world.clients.dynamodb, queue };
  const known = { contracts: { of: () => own, broken: [] } };
  const options = { queues: [queue], known, matches: () => true };

  return {
    queue,
    place,
    send: (async (body, { deduplicationId, ...attributes } = {}) => {
      const texts = Object.entries(attributes).map(
        ([name, StringValue]) => [name, { DataType: "String", StringValue }] as const,
      );
      await world.clients.sqs.send(
        new SendMessageCommand({
          QueueUrl: queue.queueUrl,
          MessageBody: body,
          MessageAttributes: Object.fromEntries(texts),
          ...(fifo && { MessageGroupId: "g", MessageDeduplicationId: deduplicationId }),
        }),
      );
    }) satisfies Sender,
    /** One batch. @returns what took effect */
    async deliver(options: { unlucky?: string } = {}) {
      ({ unlucky } = options);
      done = [];
      const { Messages = [] } = await world.clients.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ["All"],
          MessageSystemAttributeNames: ["All"],
        }),
      );
      const arn = `arn:aws:sqs:us-east-1:000000000000:${queue.queueUrl.split("/").at(-1)}`;
      const records = Messages.map((message) => sqsRecord(message, arn));
      const { batchItemFailures } = await handler(anSqsEvent(...records), aContext());
      expect(batchItemFailures).toEqual([]);
      await deleteMessages(world.clients.sqs, queue.queueUrl, records);
      const committed = new Set((await world.items(world.stateTable)).map(({ id }) => id));
      return done.filter(([run]) => committed.has(run)).map(([, what]) => what);
    },
    async reasons() {
      const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
      return deadLetters.map(({ reason }) => reason);
    },
    async redriven({ force = false } = {}) {
      const { handled } = await redrive(world.clients, { ...options, dryRun: false, force });
      return handled.map(({ outcome }) => outcome);
    },
    edited: (data: unknown, id = String(number)) =>
      edit(world.clients, { ...options, id, data, dryRun: false }),
  };
}

function notification(Message: string): string {
  return JSON.stringify({ Type: "Notification", MessageId: "one of SNS", TopicArn: "arn", Message });
}
