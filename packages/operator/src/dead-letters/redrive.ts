// Sends dead letters back to the queue they came from. First it checks the evidence of each: it does not send a message that
// was already processed, and leaves one that its consumer would park again at once.
//
//   G5. A message that cannot be sent is left and reported, and the others go on. A queue that fails stops no other queue.
//   G6. A redrive may be killed anywhere and run again, and two may run at once: see send-back.ts. Messages that a killed
//       redrive had received are visible again after their visibility timeout.
//   G4. redrive-in-order.ts handles FIFO queues.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { type Pace, pace } from "../terminal/pace.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import type { Decision } from "./decision.ts";
import { judge, type Knowledge } from "./judge.ts";
import { unreadOf } from "./list.ts";
import { receiveAll, visibilitySecondsDefault } from "./receive-all.ts";
import { redriveInOrder } from "./redrive-in-order.ts";
import { actOr } from "./refusal.ts";
import { remove, sendBack } from "./send-back.ts";

export interface Clients {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
}

export interface RedriveOptions {
  readonly queues: readonly ConsumerQueue[];
  readonly known?: Knowledge;
  /** Of a FIFO group, one that matches brings all; a match is looked for among the first of each group. */
  readonly matches: (deadLetter: DeadLetter) => boolean;
  /** Of a FIFO group, none is touched that does not match: the redrive of the group ends before it. */
  readonly matchesOnly?: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** Send also what would be left. */
  readonly force?: boolean;
  /** Messages a second. */
  readonly rate?: number;
  /** What is read is hidden from others for so long at a time. */
  readonly visibilitySeconds?: number;
  readonly onHandled?: (handled: Handled, total: number | undefined) => void;
  /** True when the operator stops the command: it finishes the messages in progress and gives the others back. */
  readonly isStopped?: () => boolean;
}

export interface Handled extends Decision {
  readonly queue: ConsumerQueue;
  readonly deadLetter: DeadLetter;
}

export interface Redriven {
  readonly handled: readonly Handled[];
  /** Dead letters that exist and could not be read. */
  readonly unread: readonly string[];
}

/** Queues that failed, after the others were dealt with. */
export class QueuesFailed extends Error {
  override readonly name = "QueuesFailed";
  readonly redriven: Redriven;

  constructor(failures: readonly { consumer: string; error: unknown }[], redriven: Redriven) {
    super(failures.map(({ consumer, error }) => `${consumer}: ${textOf(error)}`).join("; "), {
      cause: failures[0]?.error,
    });
    this.redriven = redriven;
  }
}

export const rateDefault = 50;
/** Sent at the same time, right after the check of their evidence. */
const togetherMax = 10;

/** @throws QueuesFailed with what was done all the same */
export async function redrive(clients: Clients, options: RedriveOptions): Promise<Redriven> {
  const turn = pace(options.rate ?? rateDefault);
  const handled: Handled[] = [];
  const unread: string[] = [];
  const failures: { consumer: string; error: unknown }[] = [];
  const onHandled = (one: Handled, total: number | undefined) => {
    handled.push(one);
    options.onHandled?.(one, total);
  };
  for (const queue of options.queues) {
    if (options.isStopped?.()) break;
    const redriveOne = isFifo(queue.deadLetterQueueUrl) ? redriveInOrder : redriveAll;
    try {
      unread.push(...(await redriveOne(clients, queue, { ...options, onHandled }, turn)));
    } catch (error) {
      failures.push({ consumer: queue.consumer, error });
    }
  }
  if (failures.length > 0) throw new QueuesFailed(failures, { handled, unread });
  return { handled, unread };
}

export type RedriveQueue = (
  clients: Clients,
  queue: ConsumerQueue,
  options: Omit<RedriveOptions, "queues"> & { readonly onHandled: NonNullable<RedriveOptions["onHandled"]> },
  turn: Pace,
) => Promise<readonly string[]>;

/** As much as can be held at once, until there is no more or nothing moves. @returns what was not read */
const redriveAll: RedriveQueue = async (clients, queue, options, turn) => {
  for (;;) {
    const pass = await redriveOnce(clients, queue, options, turn);
    const goOn = pass.more && pass.moved && !options.dryRun && !options.isStopped?.();
    if (!goOn) return pass.unread;
  }
};

async function redriveOnce(
  { sqs, dynamodb }: Clients,
  queue: ConsumerQueue,
  options: Parameters<RedriveQueue>[2],
  turn: Pace,
): Promise<{ unread: readonly string[]; more: boolean; moved: boolean }> {
  const { matches, dryRun, force, known = {} } = options;
  const { visibilitySeconds = visibilitySecondsDefault } = options;
  const held = await receiveAll(sqs, queue.deadLetterQueueUrl, { visibilitySeconds, restore: known.restore });
  const deleted = new Set<Message>();
  let moved = false;
  try {
    const chosen = deadLettersOf(queue.consumer, held.messages, queue).filter(matches);
    await held.release(new Set(chosen.flatMap(({ copies }) => copies))); // others may look at the rest meanwhile
    for (let start = 0; start < chosen.length && !options.isStopped?.(); start += togetherMax) {
      const together = chosen.slice(start, start + togetherMax);
      const judgements = await judge({ dynamodb, queue }, together, known, { force });
      const ends = await Promise.allSettled(
        together.map(async (deadLetter, index) => {
          const judged = judgements[index]?.decision ?? { outcome: "left" as const };
          const decision = dryRun ? judged : await actOr(judged, (one) => act(deadLetter, one));
          moved ||= decision.outcome !== "left";
          options.onHandled({ queue, deadLetter, ...decision }, chosen.length);
        }),
      );
      for (const end of ends) if (end.status === "rejected") throw end.reason;
      await held.keep();
    }
  } finally {
    await held.release(deleted);
  }
  return { unread: unreadOf(queue, held), more: held.more, moved };

  async function act(deadLetter: DeadLetter, { outcome }: Decision): Promise<void> {
    if (outcome === "left") return;
    if (outcome === "sent-back") {
      await turn();
      await sendBack(sqs, queue, deadLetter);
    }
    await remove(sqs, queue, deadLetter, deleted);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" || error.message.startsWith(error.name)
    ? error.message
    : `${error.name}: ${error.message}`;
}
