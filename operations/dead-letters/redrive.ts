// Sends dead letters back to the queue they came from.
//
//   G6. Sent first, deleted then: a crash in between leaves a copy, never a hole, and the consumer's evidence
//       absorbs the copy. The body is the original, byte for byte, so the envelope keeps its identity.
//   G4. Of a FIFO queue a whole group goes back, in the order of its dead letters. Their consumer keeps the line:
//       it takes only the first in it and parks what comes too early, so no redrive can change an order.

import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { newId } from "../../functions/messaging/ids.ts";
import { isFifo } from "../../functions/messaging/message-group.ts";
import { originalAttributes } from "../../functions/messaging/park-attributes.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { hold } from "./hold.ts";

export interface RedriveOptions {
  readonly queues: readonly ConsumerQueue[];
  /** Of a FIFO group, one that matches brings all; a match is looked for among the first of each group. */
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Only say what would be sent. */
  readonly dryRun: boolean;
}

/** Long enough to send everything that was read; a message is only ever hidden, so too short costs a duplicate. */
const HOLD_SECONDS = 120;

/** The dead letters that were sent back, or would be. */
export async function redrive(
  sqs: SQSClient,
  { queues, matches, dryRun }: RedriveOptions,
): Promise<DeadLetter[]> {
  const redriven: DeadLetter[] = [];
  for (const queue of queues) {
    if (isFifo(queue.deadLetterQueueUrl)) {
      redriven.push(...(await redriveInOrder(sqs, queue, { matches, dryRun })));
      continue;
    }
    const held = await hold(sqs, queue.deadLetterQueueUrl, { visibilitySeconds: HOLD_SECONDS });
    const deleted = new Set<Message>();
    try {
      for (const deadLetter of deadLettersOf(queue.consumer, held.messages).filter(matches)) {
        if (!dryRun) await sendBack(sqs, queue, deadLetter, deleted);
        redriven.push(deadLetter);
      }
    } finally {
      await held.release(deleted);
    }
  }
  return redriven;
}

/** Round by round, because a FIFO queue shows the first of a group only, until none of the chosen groups is left. */
async function redriveInOrder(
  sqs: SQSClient,
  queue: ConsumerQueue,
  { matches, dryRun }: Omit<RedriveOptions, "queues">,
): Promise<DeadLetter[]> {
  const redriven: DeadLetter[] = [];
  const chosen = new Set<string | undefined>();
  const sentBack = new Set<string>();
  for (let before = -1; before < redriven.length; ) {
    before = redriven.length;
    const held = await hold(sqs, queue.deadLetterQueueUrl, { visibilitySeconds: HOLD_SECONDS });
    const deleted = new Set<Message>();
    try {
      const deadLetters = deadLettersOf(queue.consumer, held.messages);
      for (const deadLetter of deadLetters.filter(matches)) chosen.add(deadLetter.group);
      for (const deadLetter of deadLetters.filter(({ group }) => chosen.has(group))) {
        // Parked again since it was sent: the rest of its line is behind it, and waits for another redrive.
        if (sentBack.has(deadLetter.body)) chosen.delete(deadLetter.group);
        if (!chosen.has(deadLetter.group)) continue;
        if (!dryRun) await sendBack(sqs, queue, deadLetter, deleted);
        sentBack.add(deadLetter.body);
        redriven.push(deadLetter);
      }
    } finally {
      await held.release(deleted);
    }
    if (dryRun) break;
  }
  return redriven;
}

async function sendBack(
  sqs: SQSClient,
  { queueUrl, deadLetterQueueUrl }: ConsumerQueue,
  { body, group, copies }: DeadLetter,
  deleted: Set<Message>,
): Promise<void> {
  const attributes = { ...originalAttributes(copies[0]?.MessageAttributes ?? {}) };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: attributes,
      // Never an id that was used before: SQS would swallow the message for five minutes, and it would be lost.
      ...(isFifo(queueUrl) && { MessageGroupId: group, MessageDeduplicationId: newId() }),
    }),
  );
  for (const copy of copies) {
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: copy.ReceiptHandle }),
    );
    deleted.add(copy);
  }
}
