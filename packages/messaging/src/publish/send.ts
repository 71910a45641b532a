// Sending to queues in batches. An HTTP 200 says nothing: each entry has its own result (Q8).
//
//   G3. An entry counts as sent when SQS has confirmed that entry.
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { batchEntriesMax, sendBatch } from "../aws/sqs-batch.ts";
import { sqs } from "../aws/sqs-client.ts";
import { requestsAtOnce } from "../core/at-once.ts";
import { waitToRetry } from "../core/retry.ts";
import { bodyId, groupIdOf, isFifo } from "../envelope/message-group.ts";
import { log } from "../observe/log.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const batchBytesMax = 1_048_576;

/** One message on its way to a queue: its exact text and what goes beside it. */
export interface Outgoing {
  readonly body: string;
  /** The messages of one key are sent in order to a FIFO queue; a standard queue serves all keys fairly by it. */
  readonly key?: string;
  /** X-Ray's, which links the hops of a trace by it. */
  readonly traceHeader?: string | undefined;
  /** Message attributes of type String, by name. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** How often entries that SQS refused for its own reasons are sent again. */
const attemptsMax = 4;

export interface Sent {
  /** For each message, whether SQS confirmed it. */
  readonly confirmed: readonly boolean[];
  /** Of the first request that failed as a whole; no other was begun after it. */
  readonly error?: unknown;
}

/**
 * Sends messages to one queue, as few requests as fit, side by side.
 *
 * G4: the messages for a FIFO queue wait in one line per key. A request holds at most the first unconfirmed message of each
 * line, because SQS may accept only part of a request. The messages behind it are held back.
 */
export async function sendAll(
  queueUrl: string,
  messages: readonly Outgoing[],
  { deadlineMs }: { deadlineMs: number },
): Promise<Sent> {
  const confirmed = messages.map(() => false);
  /** Messages of one key each, by their indexes; those on their way are not among them. */
  let lines = isFifo(queueUrl)
    ? [...Map.groupBy(messages.keys(), (index) => groupOf(messages[index] as Outgoing)).values()]
    : [...messages.keys()].map((index) => [index]);
  const underWay = new Map<Promise<void>, readonly number[][]>();
  let failure: { readonly error: unknown } | undefined;
  for (;;) {
    const heads = failure === undefined ? firstPack(lines.map(headOf), messages) : [];
    const isFull = heads.length === batchEntriesMax || heads.length < lines.length;
    const more = [...underWay.values()].flat().some(({ length }) => length > 1); // which could fill it
    if (heads.length > 0 && underWay.size < requestsAtOnce && (isFull || !more)) begin(heads.length);
    else if (underWay.size > 0) await Promise.race(underWay.keys());
    else return { confirmed, ...failure };
  }

  function begin(count: number): void {
    const taken = lines.slice(0, count);
    lines = lines.slice(count);
    const request = send(taken)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => underWay.delete(request));
    underWay.set(request, taken);
  }

  async function send(taken: readonly number[][]): Promise<void> {
    let open = taken;
    for (let attempt = 1; ; attempt++) {
      const { done, again } = await sendPack(queueUrl, messages, open.map(headOf));
      for (const index of done) confirmed[index] = true;
      const freed = open.filter((line) => line.length > 1 && done.has(headOf(line)));
      if (freed.length > 0) lines = inOrder([...lines, ...freed.map((line) => line.slice(1))]);
      open = open.filter((line) => again.has(headOf(line)));
      const goesOn = open.length > 0 && attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
      if (!goesOn) return;
    }
  }
}

function headOf(line: readonly number[]): number {
  return line[0] as number;
}

/** Oldest message first. */
function inOrder(lines: readonly number[][]): number[][] {
  return lines.toSorted((a, b) => headOf(a) - headOf(b));
}

function groupOf({ key, body }: Outgoing): string {
  return groupIdOf(key ?? bodyId(body));
}

/** By index: what SQS confirmed, and what it may confirm when it is sent again. The rest it refused for good, in the log. */
async function sendPack(
  queueUrl: string,
  messages: readonly Outgoing[],
  indexes: readonly number[],
): Promise<{ done: ReadonlySet<number>; again: ReadonlySet<number> }> {
  const entries = indexes.map((index) => entryOf(index, messages[index] as Outgoing, queueUrl));
  const { again, refused } = await sendBatch(sqs(), queueUrl, entries);
  for (const [errorCode, { length }] of Map.groupBy(refused, ({ code }) => code)) {
    log("error", "SEND_REFUSED", { queueUrl, errorCode, messages: length });
  }
  const open = new Set([...again, ...refused].map(({ entry }) => Number(entry.Id)));
  return {
    done: new Set(indexes.filter((index) => !open.has(index))),
    again: new Set(again.map(({ entry }) => Number(entry.Id))),
  };
}

function entryOf(index: number, message: Outgoing, queueUrl: string): SendMessageBatchRequestEntry {
  const { body, attributes, traceHeader } = message;
  return {
    Id: String(index),
    MessageBody: body,
    ...groupFields(message, queueUrl),
    ...(attributes && { MessageAttributes: stringAttributes(attributes) }),
    ...(traceHeader && { MessageSystemAttributes: stringAttributes({ AWSTraceHeader: traceHeader }) }),
  };
}

/** Message attributes of type String, as SQS takes them. */
export function stringAttributes(texts: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, { DataType: "String", StringValue: text }]),
  );
}

function groupFields(message: Outgoing, queueUrl: string) {
  const { body, key } = message;
  if (isFifo(queueUrl)) return { MessageGroupId: groupOf(message), MessageDeduplicationId: bodyId(body) };
  return key === undefined ? {} : { MessageGroupId: groupIdOf(key) }; // fair queues
}

/** Of the indexes, the first ones that fit one request by count and by bytes; at least one. */
export function firstPack(indexes: readonly number[], messages: readonly Outgoing[]): number[] {
  const pack: number[] = [];
  let packBytes = 0;
  for (const index of indexes) {
    packBytes += bytesOf(messages[index] as Outgoing);
    if (pack.length > 0 && (pack.length === batchEntriesMax || packBytes > batchBytesMax)) break;
    pack.push(index);
  }
  return pack;
}

/** SQS counts the name, the type and the value of each attribute like the body; system attributes it does not. */
function bytesOf({ body, attributes = {} }: Outgoing): number {
  const beside = Object.entries(attributes).map(([name, text]) => Buffer.byteLength(`${name}String${text}`));
  return beside.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body));
}
