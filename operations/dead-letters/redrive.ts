// Sends dead letters back to the queue they came from.
//
//   G6. Sent first, deleted then: a crash in between leaves a copy, never a hole, and the consumer's evidence
//       absorbs the copy. The body is the original, byte for byte, so the envelope keeps its identity.

import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { originalAttributes } from "../../functions/messaging/park-attributes.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { hold } from "./hold.ts";

export interface RedriveOptions {
  readonly queues: readonly ConsumerQueue[];
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

async function sendBack(
  sqs: SQSClient,
  { queueUrl, deadLetterQueueUrl }: ConsumerQueue,
  { body, copies }: DeadLetter,
  deleted: Set<Message>,
): Promise<void> {
  const attributes = { ...originalAttributes(copies[0]?.MessageAttributes ?? {}) };
  await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, MessageAttributes: attributes }),
  );
  for (const copy of copies) {
    await sqs.send(
      new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: copy.ReceiptHandle }),
    );
    deleted.add(copy);
  }
}
