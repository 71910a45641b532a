// Sends messages of other programs to every form of consumer: a valid one is read, any other is parked on the first receive
// with a documented code. The other messages of the batch are processed, and no log has the content of a message.
import { readFileSync } from "node:fs";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { eventLog } from "@essentially-once/messaging/event-log";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import { journal } from "@essentially-once/messaging/journal";
import { messageType } from "@essentially-once/messaging/message-type";
import { projection } from "@essentially-once/messaging/projection";
import { rows } from "@essentially-once/messaging/rows";
import { type Line, linesOf } from "@essentially-once/testing/internal/support/lines";
import { aJournalWorld, type JournalWorld } from "@essentially-once/testing/journal-world";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import type { SQSBatchItemFailure, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { content, type Foreign, foreignMessages, orderPlaced } from "./foreign-messages.ts";

const Placed = messageType({ type: orderPlaced, schema: z.unknown(), key: () => "key" });
const foreign = foreignMessages();
const documented = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
let world: JournalWorld;

beforeAll(async () => {
  world = await aJournalWorld();
  await world.clients.s3.send(new CreateBucketCommand({ Bucket: "parked" }));
  Object.assign(process.env, { PARKED_BUCKET: "parked", MAX_RECEIVE_COUNT: "5" });
});
afterAll(() => world.stop());

interface Form {
  readonly name: string;
  readonly fifo?: boolean;
  /**
   * Gets all of them twice, and what is large once. The others get twice what says who it is in other ways: what becomes of
   * the rest is decided before any form of evidence, once for all.
   */
  readonly whole?: boolean;
  readonly middlewares: (itemOf: (message: Envelope) => string) => readonly MessageMiddleware[];
  /** An effect outside instead of an item. */
  readonly writes?: boolean;
  readonly verdictOf?: (message: Foreign) => string;
}

const log = () => journal({ name: "foreign", partitions: 1 });
const forms: readonly Form[] = [
  { name: "rows", whole: true, middlewares: () => [idempotency({ evidence: rows() })] },
  {
    name: "rows-fifo",
    fifo: true,
    middlewares: () => [idempotency({ evidence: rows({ groupCommit: false }) })],
  },
  {
    name: "inline-ids",
    middlewares: (itemOf) => [idempotency({ evidence: inline({ table: "insights", itemOf }) })],
  },
  {
    name: "inline-sequence",
    middlewares: (itemOf) => [
      idempotency({ evidence: inline({ table: "insights", itemOf, by: "sequence" }) }),
    ],
    verdictOf: ({ verdict, name }) =>
      verdict === "done" && name !== "cloudevents-sequence" ? "SEQUENCE_MISSING" : verdict,
  },
  { name: "effect", middlewares: () => [idempotency({ evidence: rows() }), effects() as MessageMiddleware] },
  { name: "at-most-once", middlewares: () => [atMostOnce()] },
  {
    name: "event-log",
    middlewares: () => [idempotency({ evidence: eventLog({ journal: log() }) })],
    writes: false,
    verdictOf: ({ verdict, body }) =>
      verdict === "done" && body.length > 400_000 ? "ENTRY_TOO_LARGE" : verdict,
  },
];

it.each(forms)("G5, G6, G7, S9, S10: messages of other programs do no harm: $name", async (form) => {
  const { name, verdictOf = ({ verdict }) => verdict, writes = true } = form;
  const { handler, deadLetterQueueUrl } = await aConsumer(form);
  const batches = batchesOf(foreign.filter((message) => isCarried(message, form)));
  for (const receiveCount of [1, 2]) {
    for (const batch of batches) {
      const sent = receiveCount === 1 ? batch : batch.filter((message) => comesAgain(message, form));
      const records = [aNeighbour(batch, name), ...sent.map((one) => recordOf(one, receiveCount, form))];
      let failures: readonly SQSBatchItemFailure[] | undefined;
      const lines = await linesOf(async () => {
        ({ batchItemFailures: failures } = await handler(anSqsEvent(...records), aContext()));
      });
      expect(failures).toEqual([]);
      const wanted = sent.map(verdictOf).filter((verdict) => verdict !== "done");
      expect(codesOf(lines, "PARKED", "reasonCode").sort()).toEqual(wanted.sort());
      const done = records.length - wanted.length;
      expect(codesOf(lines, "PROCESSED").length).toBe(receiveCount === 1 ? done : 0);
      expect(codesOf(lines, "DUPLICATE").length).toBe(receiveCount === 1 ? 0 : done);
      expect(JSON.stringify(lines)).not.toContain(content);
    }
  }
  if (form.whole) await checkReasons(deadLetterQueueUrl);
  if (writes)
    await checkEffects(name, batches.length + foreign.filter((one) => verdictOf(one) === "done").length);
});

it("G10: a projection reads what was logged of them, each once", async () => {
  let seen = 0;
  const handler = projection(contract({ name: "foreign-read", accepts: [Placed] }), {
    journal: log(),
    table: "insights",
  }).handler(async () => void seen++);
  const lines = await linesOf(async () => void (await handler({}, aContext({ remainingMs: 20_000 }))));
  const large = forms.at(-1)?.verdictOf ?? (() => "");
  const batches = batchesOf(foreign.filter((message) => isCarried(message, {})));
  expect(seen).toBe(batches.length + foreign.filter((one) => large(one) === "done").length);
  expect(JSON.stringify(lines)).not.toContain(content);
});

async function aConsumer({ name, fifo = false, middlewares, writes = true }: Form) {
  const attributes = fifo ? { FifoQueue: "true" } : {};
  const [QueueUrl, DeadUrl] = await Promise.all(
    [name, `${name}-dead`].map(async (queue) => {
      const QueueName = `${queue}${fifo ? ".fifo" : ""}`;
      const made = await world.clients.sqs.send(
        new CreateQueueCommand({ QueueName, Attributes: attributes }),
      );
      return made.QueueUrl ?? "";
    }),
  );
  Object.assign(process.env, { QUEUE_URL: QueueUrl, DEAD_LETTER_QUEUE_URL: DeadUrl });
  const itemOf = ({ partitionkey }: Envelope) => `${name}#${partitionkey}`;
  const handler = consumer(contract({ name, accepts: [Placed], publishes: [] }))
    .use(middlewares(itemOf))
    .handler(async (message, unit, context) => {
      if ("effect" in context) {
        await (context.effect as (key: string, work: object) => unknown)(message.id, {
          perform: async () => 1,
        });
      }
      if (!writes) return;
      unit.write({
        Update: {
          TableName: "insights",
          Key: { id: { S: itemOf(message) } },
          UpdateExpression: "SET times = if_not_exists(times, :none) + :one",
          ExpressionAttributeValues: { ":none": { N: "0" }, ":one": { N: "1" } },
        },
      });
    });
  return { handler, deadLetterQueueUrl: DeadUrl ?? "" };
}

const isLarge = ({ body }: Foreign) => body.length > 200_000;
/** Parked as soon as it is read, before any form of evidence hears of it. */
const isNoEnvelope = ({ verdict }: Foreign) => !["done", "TYPE_UNKNOWN", "DATAREF_UNREAD"].includes(verdict);

function isCarried(message: Foreign, { whole = false }: Pick<Form, "whole">): boolean {
  return whole || !(isLarge(message) && isNoEnvelope(message));
}

function comesAgain(message: Foreign, { whole = false }: Form): boolean {
  const saysWho = /^(cloudevents|id)-/.test(message.name) && !isNoEnvelope(message);
  return !isLarge(message) && (whole || saysWho);
}

const batchSize = 10;

/** With one place in each for a neighbour. */
function batchesOf(messages: readonly Foreign[]): Foreign[][] {
  const size = batchSize - 1;
  return Array.from({ length: Math.ceil(messages.length / size) }, (_, nth) =>
    messages.slice(nth * size, (nth + 1) * size),
  );
}

const records = new Map<string, SQSRecord>();

/** The same message, delivered a second time. */
function recordOf(
  { name, body, attributes = {} }: Foreign,
  receiveCount: number,
  { name: form, fifo }: Form,
) {
  const key = `${form} ${name}`;
  const queueName = fifo ? `${form}.fifo` : form;
  const record = records.get(key) ?? anSqsRecord(body, { queueName, group: name });
  records.set(key, record);
  return {
    ...record,
    messageAttributes: attributes,
    attributes: { ...record.attributes, ApproximateReceiveCount: String(receiveCount) },
  };
}

function aNeighbour(batch: readonly Foreign[], form: string): SQSRecord {
  const id = `neighbour of ${batch[0]?.name}`;
  const body = { specversion: "1.0", id, source: "/here", type: orderPlaced, sequence: "1", data: {} };
  const fifo = forms.find(({ name }) => name === form)?.fifo ?? false;
  return anSqsRecord(JSON.stringify(body), { queueName: fifo ? `${form}.fifo` : form, group: id });
}

function codesOf(lines: readonly Line[], code: string, field = "code"): unknown[] {
  return lines.filter((line) => line.code === code).map((line) => line[field]);
}

const asItCame = [
  "OriginalAttributes",
  "ReasonCode.2",
  "signature",
  "Signature",
  "count",
  "uuid",
  "image",
  "empty_like",
];

/** What the kit says of each dead letter. */
async function checkReasons(QueueUrl: string): Promise<void> {
  for (;;) {
    const { Messages = [] } = await world.clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
        MessageAttributeNames: ["All"],
      }),
    );
    if (Messages.length === 0) return;
    for (const { MessageAttributes = {} } of Messages) {
      const own = Object.entries(MessageAttributes).filter(([name]) => !asItCame.includes(name));
      expect(JSON.stringify(own)).not.toContain(content);
      expect(documented).toContain(`\`${MessageAttributes.ReasonCode?.StringValue}\``);
    }
  }
}

async function checkEffects(name: string, wanted: number): Promise<void> {
  const items = (await world.items("insights")).filter(({ id }) => String(id).startsWith(`${name}#`));
  expect(items.filter(({ times }) => times !== 1)).toEqual([]);
  expect(items).toHaveLength(wanted);
}
