// Deletes dead letters for good, and lets what waits behind them go on.
//
//   G4. A message of a FIFO group leaves the line first and is deleted then: a crash in between leaves a dead
//       letter that can be discarded again, and never a line that waits for a message that is gone.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, type Message, type SQSClient } from "@aws-sdk/client-sqs";
import { holds } from "../../functions/messaging/holds.ts";
import { bodyId } from "../../functions/messaging/message-group.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { hold } from "./hold.ts";

export interface DiscardOptions {
  readonly queues: readonly ConsumerQueue[];
  /** Where the lines of FIFO groups are. */
  readonly evidenceTable: string;
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Only say what would be deleted. */
  readonly dryRun: boolean;
}

/** The dead letters that were deleted, or would be; of a FIFO group only the first in it can be seen. */
export async function discard(
  { sqs, dynamodb }: { sqs: SQSClient; dynamodb: DynamoDBClient },
  { queues, evidenceTable, matches, dryRun }: DiscardOptions,
): Promise<DeadLetter[]> {
  const discarded: DeadLetter[] = [];
  for (const { consumer, queueUrl, deadLetterQueueUrl } of queues) {
    const queueName = queueUrl.split("/").at(-1) ?? "";
    const lines = holds({ table: evidenceTable, queueName, client: () => dynamodb });
    const held = await hold(sqs, deadLetterQueueUrl);
    const deleted = new Set<Message>();
    try {
      for (const deadLetter of deadLettersOf(consumer, held.messages).filter(matches)) {
        discarded.push(deadLetter);
        if (dryRun) continue;
        const { group, body, copies } = deadLetter;
        if (group !== undefined) await lines.leave(group, bodyId(body));
        for (const copy of copies) {
          await sqs.send(
            new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: copy.ReceiptHandle }),
          );
          deleted.add(copy);
        }
      }
    } finally {
      await held.release(deleted);
    }
  }
  return discarded;
}
