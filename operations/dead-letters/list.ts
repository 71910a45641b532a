// Every dead letter of the given consumers, left where it is.

import type { SQSClient } from "@aws-sdk/client-sqs";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { hold } from "./hold.ts";

export interface DeadLetterList {
  readonly deadLetters: readonly DeadLetter[];
  /** Dead letters that exist and could not be read: another reader held them, or there were too many. */
  readonly unread: readonly string[];
}

export async function listDeadLetters(
  sqs: SQSClient,
  queues: readonly ConsumerQueue[],
): Promise<DeadLetterList> {
  const lists = await Promise.all(queues.map((queue) => listQueue(sqs, queue)));
  return {
    deadLetters: lists.flatMap(({ deadLetters }) => deadLetters),
    unread: lists.flatMap(({ unread }) => unread),
  };
}

async function listQueue(
  sqs: SQSClient,
  { consumer, deadLetterQueueUrl }: ConsumerQueue,
): Promise<DeadLetterList> {
  const held = await hold(sqs, deadLetterQueueUrl);
  await held.release();
  const unread: string[] = [];
  if (held.heldByOthers > 0) {
    unread.push(`${consumer}: ${held.heldByOthers} held by another reader, back when its hold is over`);
  }
  if (held.more) unread.push(`${consumer}: more than the ${held.messages.length} that were read`);
  return { deadLetters: deadLettersOf(consumer, held.messages), unread };
}
