// Sending to queues in batches. An HTTP 200 says nothing: each entry has its own result (Q8).
//
//   G3. An entry counts as sent when SQS has confirmed that entry.
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { sqs } from "./clients.ts";
import { waitToRetry } from "./retry.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const batchEntriesMax = 10;
export const batchBytesMax = 1_048_576;

/** How often entries that SQS refused for its own reasons are sent again. */
const attemptsMax = 4;

/**
 * Sends bodies to one queue, in order, as few requests as fit.
 * @returns for each body whether SQS confirmed it
 */
export async function sendAll(
  queueUrl: string,
  bodies: readonly string[],
  { deadlineMs }: { deadlineMs: number },
): Promise<boolean[]> {
  const confirmed = bodies.map(() => false);
  for (const pack of packs(bodies)) {
    let open = pack;
    for (let attempt = 1; open.length > 0; attempt++) {
      for (const index of await sendPack(queueUrl, bodies, open)) confirmed[index] = true;
      open = open.filter((index) => !confirmed[index]);
      if (open.length === 0) break;
      const again = attempt < attemptsMax && (await waitToRetry({ attempt, deadlineMs }));
      if (!again) break;
    }
  }
  return confirmed;
}

/** The indexes of the bodies that SQS confirmed. */
async function sendPack(
  queueUrl: string,
  bodies: readonly string[],
  indexes: readonly number[],
): Promise<number[]> {
  const Entries = indexes.map((index) => ({ Id: String(index), MessageBody: bodies[index] ?? "" }));
  const { Successful = [] } = await sqs().send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  return Successful.map(({ Id }) => Number(Id));
}

/** Consecutive indexes that fit one request by count and by bytes. */
export function packs(bodies: readonly string[]): number[][] {
  const result: number[][] = [];
  let pack: number[] = [];
  let packBytes = 0;
  for (const [index, body] of bodies.entries()) {
    const bytes = Buffer.byteLength(body);
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
