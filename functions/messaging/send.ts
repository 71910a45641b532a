// Sending to queues in batches. An HTTP 200 says nothing: each entry has its own result (Q8).
//
//   G3. An entry counts as sent when SQS has confirmed that entry.
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { sqs } from "./clients.ts";
import { waitToRetry } from "./retry.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const batchEntriesMax = 10;
export const batchBytesMax = 1_048_576;

/** One message on its way to a queue: its exact text and what goes beside it. */
export interface Outgoing {
  readonly body: string;
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
  const confirmed = messages.map(() => false);
  for (const pack of packs(messages)) {
    let open = pack;
    for (let attempt = 1; open.length > 0; attempt++) {
      for (const index of await sendPack(queueUrl, messages, open)) confirmed[index] = true;
      open = open.filter((index) => !confirmed[index]);
      if (open.length === 0) break;
      const again = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
      if (!again) break;
    }
  }
  return confirmed;
}

/** The indexes of the messages that SQS confirmed. */
async function sendPack(
  queueUrl: string,
  messages: readonly Outgoing[],
  indexes: readonly number[],
): Promise<number[]> {
  const Entries = indexes.map((index) => entryOf(index, messages[index]));
  const { Successful = [] } = await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  return Successful.map(({ Id }) => Number(Id));
}

function entryOf(index: number, { body, attributes }: Outgoing = { body: "" }): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: body,
    ...(attributes && {
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, text]) => [name, { DataType: "String", StringValue: text }]),
      ),
    }),
  };
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

/** SQS counts the name, the type and the value of each attribute like the body. */
function bytesOf({ body, attributes = {} }: Outgoing): number {
  const beside = Object.entries(attributes).map(([name, text]) => Buffer.byteLength(`${name}String${text}`));
  return beside.reduce((sum, bytes) => sum + bytes, Buffer.byteLength(body));
}
