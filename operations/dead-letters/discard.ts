// Deletes dead letters for good, after it was written down why, and lets what waits behind them go on.
//
//   G4. A message of a FIFO group leaves the line first and is deleted then: a crash in between leaves a dead
//       letter that can be discarded again, and never a line that waits for a message that is gone.
//   G6. Nothing is dropped silently: the record is there before the dead letter is gone.

import type { Message } from "@aws-sdk/client-sqs";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { recordDiscard } from "./discard-record.ts";
import { hold } from "./hold.ts";
import { leaveLine } from "./line.ts";
import { unreadOf } from "./list.ts";
import type { Clients } from "./redrive.ts";
import { remove } from "./send-back.ts";

export interface DiscardOptions {
  readonly queues: readonly ConsumerQueue[];
  /** Where the lines of FIFO groups are, and what was discarded. */
  readonly evidenceTable: string;
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Kept with who did it and when. */
  readonly because: string;
  /** Only say what would be deleted. */
  readonly dryRun: boolean;
  readonly visibilitySeconds?: number;
}

export interface Discards {
  /** What was deleted, or would be; of a FIFO group only the first in it can be seen. */
  readonly discarded: readonly DeadLetter[];
  /** Dead letters that exist and could not be read. */
  readonly unread: readonly string[];
}

export async function discard(
  { sqs, dynamodb }: Clients,
  { queues, evidenceTable, matches, because, dryRun, visibilitySeconds }: DiscardOptions,
): Promise<Discards> {
  const discarded: DeadLetter[] = [];
  const unread: string[] = [];
  for (const queue of queues) {
    const place = { dynamodb, evidenceTable, queue };
    const held = await hold(sqs, queue.deadLetterQueueUrl, visibilitySeconds ? { visibilitySeconds } : {});
    unread.push(...unreadOf(queue, held));
    const deleted = new Set<Message>();
    try {
      for (const deadLetter of deadLettersOf(queue.consumer, held.messages).filter(matches)) {
        discarded.push(deadLetter);
        if (dryRun) continue;
        await recordDiscard(place, deadLetter, because);
        await leaveLine(place, deadLetter);
        await remove(sqs, queue, deadLetter, deleted);
        await held.keep();
      }
    } finally {
      await held.release(deleted);
    }
  }
  return { discarded, unread };
}
