// Which dead-letter queue belongs to which queue: read from the stacks' outputs, where each consumer `X` has
// `XQueueUrl` and `XDeadLetterQueueUrl`. A message's own word about where it came from is not trusted.

import type { Outputs } from "../connection.ts";
import { UsageError } from "../usage-error.ts";

export interface ConsumerQueue {
  /** `ReserveCredit` */
  readonly consumer: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

const DEAD_LETTER_OUTPUT = /^(?<consumer>.+)DeadLetterQueueUrl$/;

export function consumerQueues(outputs: Outputs): ConsumerQueue[] {
  const values = new Map(Object.values(outputs).flatMap((stack) => Object.entries(stack)));
  const queues = [...values].flatMap(([key, deadLetterQueueUrl]) => {
    const consumer = DEAD_LETTER_OUTPUT.exec(key)?.groups?.consumer;
    const queueUrl = values.get(`${consumer}QueueUrl`);
    return consumer && queueUrl ? [{ consumer, queueUrl, deadLetterQueueUrl }] : [];
  });
  if (queues.length > 0) return queues.sort((a, b) => a.consumer.localeCompare(b.consumer));
  throw new UsageError(
    `The outputs name no pair XQueueUrl and XDeadLetterQueueUrl; they are: ${[...values.keys()].join(", ") || "none"}.`,
  );
}

/** `reserve-credit` and `ReserveCredit` name the same consumer. Throws for a name that no consumer has. */
export function queuesNamed(
  queues: readonly ConsumerQueue[],
  name: string | undefined,
): readonly ConsumerQueue[] {
  if (name === undefined) return queues;
  const named = queues.filter(({ consumer }) => plain(consumer) === plain(name));
  if (named.length > 0) return named;
  const consumers = queues.map(({ consumer }) => consumer).join(", ");
  throw new UsageError(`--queue must be one of ${consumers}, got ${JSON.stringify(name)}.`);
}

function plain(name: string): string {
  return name.replaceAll("-", "").toLowerCase();
}
