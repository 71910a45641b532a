// Sending to queues in batches. An HTTP 200 says nothing: each entry has its own result (Q8).
//
//   G3. An entry counts as sent when SQS has confirmed that entry.
import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { batchEntriesMax, sendBatch } from "../aws/sqs-batch.ts";
import { sqs } from "../aws/sqs-client.ts";
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

/**
 * Sends messages to one queue, in order, as few requests as fit.
 * @returns for each message whether SQS confirmed it
 */
export async function sendAll(
  queueUrl: string,
  messages: readonly Outgoing[],
  { deadlineMs }: { deadlineMs: number },
): Promise<boolean[]> {
  if (isFifo(queueUrl)) return sendInOrder(queueUrl, messages, { deadlineMs });
  const confirmed = messages.map(() => false);
  for (const pack of packs(messages)) {
    let open = pack;
    for (let attempt = 1; open.length > 0; attempt++) {
      const { done, again: unsure } = await sendPack(queueUrl, messages, open);
      for (const index of done) confirmed[index] = true;
      open = unsure;
      if (open.length === 0) break;
      const again = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
      if (!again) break;
    }
  }
  return confirmed;
}

/**
 * G4: a request holds at most one message of a key, the first that is not confirmed, because a request may be
 * half accepted. What is behind a message that was refused for good is held back.
 */
async function sendInOrder(
  queueUrl: string,
  messages: readonly Outgoing[],
  { deadlineMs }: { deadlineMs: number },
): Promise<boolean[]> {
  const confirmed = messages.map(() => false);
  let lines = [...Map.groupBy(messages.keys(), (index) => groupOf(messages[index])).values()];
  for (let attempt = 1; lines.length > 0; attempt++) {
    const heads = headsOf(lines, messages);
    const { done, again: unsure } = await sendPack(queueUrl, messages, heads);
    for (const index of done) confirmed[index] = true;
    lines = lines
      .map((line) => (confirmed[line[0] as number] ? line.slice(1) : line))
      .filter((line) => line.length > 0);
    const refused = heads.filter((index) => !confirmed[index]);
    const again = unsure.length > 0 && attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
    if (again) {
      lines = lines.filter(
        (line) => unsure.includes(line[0] as number) || !refused.includes(line[0] as number),
      );
      continue;
    }
    lines = lines.filter((line) => !refused.includes(line[0] as number));
    attempt = 0;
  }
  return confirmed;
}

/** The first of each line, oldest first, as many as fit one request. */
function headsOf(lines: readonly number[][], messages: readonly Outgoing[]): number[] {
  const heads = lines.map((line) => line[0] as number).sort((a, b) => a - b);
  const [pack = []] = packs(heads.map((index) => messages[index] as Outgoing));
  return pack.map((place) => heads[place] as number);
}

function groupOf(message: Outgoing | undefined): string {
  return groupIdOf(message?.key ?? bodyId(message?.body ?? ""));
}

/** By index: what SQS confirmed, and what it may confirm when it is sent again. The rest it refused for good, in the log. */
async function sendPack(
  queueUrl: string,
  messages: readonly Outgoing[],
  indexes: readonly number[],
): Promise<{ done: number[]; again: number[] }> {
  const entries = indexes.map((index) => ({
    ...entryOf(index, messages[index]),
    ...groupFields(queueUrl, messages[index]),
  }));
  const { again, refused } = await sendBatch(sqs(), queueUrl, entries);
  for (const [errorCode, { length }] of Map.groupBy(refused, ({ code }) => code)) {
    log("error", "SEND_REFUSED", { queueUrl, errorCode, messages: length });
  }
  const open = new Set([...again, ...refused].map(({ entry }) => Number(entry.Id)));
  return {
    done: indexes.filter((index) => !open.has(index)),
    again: again.map(({ entry }) => Number(entry.Id)),
  };
}

function entryOf(
  index: number,
  { body, attributes, traceHeader }: Outgoing = { body: "" },
): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: body,
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

function groupFields(queueUrl: string, message: Outgoing | undefined) {
  if (isFifo(queueUrl)) {
    return { MessageGroupId: groupOf(message), MessageDeduplicationId: bodyId(message?.body ?? "") };
  }
  return message?.key === undefined ? {} : { MessageGroupId: groupIdOf(message.key) }; // fair queues
}

/** Consecutive indexes that fit one request by count and by bytes. */
export function packs(messages: readonly Outgoing[]): number[][] {
  const result: number[][] = [];
  let pack: number[] = [];
  let packBytes = 0;
  for (const [index, message] of messages.entries()) {
    const bytes = bytesOf(message);
    if (pack.length > 0 && (pack.length === batchEntriesMax || packBytes + bytes > batchBytesMax)) {
      result.push(pack);
      pack = [];
      packBytes = 0;
    }
    pack.push(index);
    packBytes += bytes;
  }
  if (pack.length > 0) result.push(pack);
  return result;
}

/** SQS counts the name, the type and the value of each attribute like the body; system attributes it does not. */
function bytesOf({ body, attributes = {} }: Outgoing): number {
  const beside = Object.entries(attributes).map(([name, text]) => Buffer.byteLength(`${name}String${text}`));
  return beside.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body));
}
