// Sends dead letters back to the queue they came from, after a look at the evidence: what was done is not sent.
//
//   G6. A redrive may be killed anywhere and run again, and two may run at once: see send-back.ts. What nobody holds
//       any more comes back to its dead-letter queue by itself.
//   G4. FIFO queues go by redrive-in-order.ts.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { isFifo } from "../../functions/messaging/message-group.ts";
import { type Pace, pace } from "../pace.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { type Decision, decide } from "./decision.ts";
import { askEvidence } from "./evidence.ts";
import { hold, holdSecondsDefault } from "./hold.ts";
import { unreadOf } from "./list.ts";
import { redriveInOrder } from "./redrive-in-order.ts";
import { remove, sendBack } from "./send-back.ts";

export interface Clients {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
}

export interface RedriveOptions {
  readonly queues: readonly ConsumerQueue[];
  /** Where the evidence and the lines of FIFO groups are. */
  readonly evidenceTable: string;
  /** Of a FIFO group, one that matches brings all; a match is looked for among the first of each group. */
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** Send also what would be left. */
  readonly force?: boolean;
  /** Messages a second. */
  readonly rate?: number;
  /** What is read is hidden from others for so long at a time. */
  readonly visibilitySeconds?: number;
  readonly onHandled?: (handled: Handled, total: number | undefined) => void;
}

export interface Handled extends Decision {
  readonly deadLetter: DeadLetter;
}

export interface Redriven {
  readonly handled: readonly Handled[];
  /** Dead letters that exist and could not be read. */
  readonly unread: readonly string[];
}

export const rateDefault = 50;
/** Sent side by side; the evidence is asked right before. */
const togetherMax = 10;

export async function redrive(clients: Clients, options: RedriveOptions): Promise<Redriven> {
  const turn = pace(options.rate ?? rateDefault);
  const handled: Handled[] = [];
  const unread: string[] = [];
  for (const queue of options.queues) {
    const redriven = isFifo(queue.deadLetterQueueUrl)
      ? await redriveInOrder(clients, queue, options, turn)
      : await redriveAll(clients, queue, options, turn);
    handled.push(...redriven.handled);
    unread.push(...redriven.unread);
  }
  return { handled, unread };
}

/** Queue by queue, as much as can be held at once, until there is no more or nothing moves. */
async function redriveAll(
  clients: Clients,
  queue: ConsumerQueue,
  options: RedriveOptions,
  turn: Pace,
): Promise<Redriven> {
  const handled: Handled[] = [];
  for (;;) {
    const pass = await redriveOnce(clients, queue, options, turn);
    handled.push(...pass.handled);
    const moved = pass.handled.some(({ outcome }) => outcome !== "left");
    if (!pass.more || !moved || options.dryRun) return { handled, unread: pass.unread };
  }
}

async function redriveOnce(
  { sqs, dynamodb }: Clients,
  queue: ConsumerQueue,
  options: RedriveOptions,
  turn: Pace,
): Promise<Redriven & { more: boolean }> {
  const { matches, dryRun, evidenceTable, force, visibilitySeconds = holdSecondsDefault } = options;
  const held = await hold(sqs, queue.deadLetterQueueUrl, { visibilitySeconds });
  const handled: Handled[] = [];
  const deleted = new Set<Message>();
  try {
    const chosen = deadLettersOf(queue.consumer, held.messages).filter(matches);
    await held.release(new Set(chosen.flatMap(({ copies }) => copies))); // others may look at the rest meanwhile
    for (let start = 0; start < chosen.length; start += togetherMax) {
      const together = chosen.slice(start, start + togetherMax);
      const verdicts = await askEvidence(
        { dynamodb, evidenceTable, queue },
        together.map(({ body }) => body),
      );
      const ends = await Promise.allSettled(
        together.map(async (deadLetter, index) => {
          const decision = decide(deadLetter, verdicts[index] ?? { kind: "open" }, { force });
          if (!dryRun) await act(deadLetter, decision);
          handled.push({ deadLetter, ...decision });
          options.onHandled?.({ deadLetter, ...decision }, chosen.length);
        }),
      );
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      await held.keep();
    }
  } finally {
    await held.release(deleted);
  }
  return { handled, unread: unreadOf(queue, held), more: held.more };

  async function act(deadLetter: DeadLetter, { outcome }: Decision): Promise<void> {
    if (outcome === "left") return;
    if (outcome === "sent-back") {
      await turn();
      await sendBack(sqs, queue, deadLetter);
    }
    await remove(sqs, queue, deadLetter, deleted);
  }
}
