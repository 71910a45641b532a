// One dead letter by its id, held while somebody works on it.

import type { SQSClient } from "@aws-sdk/client-sqs";
import { UsageError } from "../usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { type DeadLetter, deadLettersOf } from "./dead-letter.ts";
import { type Held, hold } from "./hold.ts";

export interface Found {
  readonly deadLetter: DeadLetter;
  readonly queue: ConsumerQueue;
  readonly held: Held;
}

export interface FindOptions {
  readonly queues: readonly ConsumerQueue[];
  readonly id: string;
  readonly visibilitySeconds?: number | undefined;
}

/** All that have the id: in several queues, or with other bodies. The caller releases what it held. */
export async function findDeadLetters(
  sqs: SQSClient,
  { queues, id, visibilitySeconds }: FindOptions,
): Promise<Found[]> {
  const lists = await Promise.all(
    queues.map(async (queue) => {
      const held = await hold(sqs, queue.deadLetterQueueUrl, visibilitySeconds ? { visibilitySeconds } : {});
      const found = deadLettersOf(queue.consumer, held.messages).filter((one) => one.id === id);
      await held.release(new Set(found.flatMap(({ copies }) => copies)));
      return found.map((deadLetter) => ({ deadLetter, queue, held }));
    }),
  );
  return lists.flat();
}

/** @throws UsageError when several have the id */
export function theOnly(found: readonly Found[], id: string): Found | undefined {
  const [first, ...others] = found;
  if (others.length === 0) return first;
  const consumers = [...new Set(found.map(({ deadLetter }) => deadLetter.consumer))];
  throw new UsageError(
    consumers.length > 1
      ? `${id} is a dead letter of ${consumers.join(" and ")}: say which with --queue NAME.`
      : `${id} is the id of ${found.length} dead letters of ${consumers[0]} that differ: discard the wrong one first.`,
  );
}
