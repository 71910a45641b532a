// Every dead letter of the given consumers, left where it is.

import type { SQSClient } from "@aws-sdk/client-sqs";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import type { Knowledge } from "./judge.ts";
import { type Held, receiveAll } from "./receive-all.ts";

export interface DeadLetterList {
  readonly deadLetters: readonly DeadLetter[];
  /** Dead letters that exist and could not be read: another reader held them, or there were too many. */
  readonly unread: readonly string[];
  /** How many of those another reader held. */
  readonly held: number;
}

/** Dead letters that share a reason. */
export interface ReasonGroup {
  readonly reason: string;
  readonly count: number;
  /** RFC 3339, when the first of them was parked. */
  readonly oldest?: string;
  readonly consumers: readonly string[];
  /** One of them, to look at. */
  readonly example: string;
}

export async function listDeadLetters(
  sqs: SQSClient,
  queues: readonly ConsumerQueue[],
  known: Knowledge = {},
): Promise<DeadLetterList> {
  const lists = await Promise.all(queues.map((queue) => listQueue(sqs, queue, known)));
  return {
    deadLetters: lists.flatMap(({ deadLetters }) => deadLetters),
    unread: lists.flatMap(({ unread }) => unread),
    held: lists.reduce((sum, { held }) => sum + held, 0),
  };
}

/** By reason, the most frequent first. */
export function byReason(deadLetters: readonly DeadLetter[]): ReasonGroup[] {
  const groups = [...Map.groupBy(deadLetters, ({ reason }) => reason)];
  return groups
    .map(([reason, members]) => {
      const [oldest] = members.flatMap(({ parkedAt }) => parkedAt ?? []).sort();
      return {
        reason,
        count: members.length,
        ...(oldest !== undefined && { oldest }),
        consumers: [...new Set(members.map(({ consumer }) => consumer))].sort(),
        example: members[0]?.id ?? "",
      };
    })
    .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

/** What was there and not read, for people. */
export function unreadOf(queue: ConsumerQueue, held: Held): string[] {
  const { consumer, deadLetterQueueUrl } = queue;
  const { messages, visible, more } = held;
  const unread = heldByOthers(queue, { inFlight: held.heldByOthers });
  if (more) unread.push(`${consumer}: more than the ${messages.length} that were read`);
  const behind = visible - messages.length;
  if (isFifo(deadLetterQueueUrl) && behind > 0) {
    unread.push(`${consumer}: ${behind} behind the first of their groups`);
  }
  return unread;
}

export function heldByOthers({ consumer }: ConsumerQueue, { inFlight }: { inFlight: number }): string[] {
  return inFlight > 0
    ? [`${consumer}: ${inFlight} in flight with another reader, visible again after its visibility timeout`]
    : [];
}

async function listQueue(
  sqs: SQSClient,
  queue: ConsumerQueue,
  { restore }: Knowledge,
): Promise<DeadLetterList> {
  const held = await receiveAll(sqs, queue.deadLetterQueueUrl, { restore });
  await held.release();
  return {
    deadLetters: deadLettersOf(queue.consumer, held.messages, queue),
    unread: unreadOf(queue, held),
    held: held.heldByOthers,
  };
}
