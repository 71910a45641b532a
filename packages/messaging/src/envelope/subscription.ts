// A consumer's place at its queue, as the construct of its function says it.
import type { Context } from "aws-lambda";
import { nowMs } from "../core/clock.ts";
import { environment, environmentNumber } from "../core/environment.ts";

export interface Subscription {
  readonly consumer: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Holds its evidence, and what is noted of runs and of FIFO groups. */
  readonly evidenceTable: string;
  /** The attempt that is the last; waits are none. */
  readonly attemptsMax: number;
  /** Other programs fill the queue (`from` of its contract): the id of a message may be in an attribute. */
  readonly hasGivenIds?: boolean;
}

/** @throws Error naming the environment variable that is missing or out of range */
export function subscription(consumer: string, { from }: { readonly from?: unknown } = {}): Subscription {
  return {
    consumer,
    hasGivenIds: from !== undefined,
    queueUrl: environment("QUEUE_URL"),
    deadLetterQueueUrl: environment("DEAD_LETTER_QUEUE_URL"),
    evidenceTable: environment("EVIDENCE_TABLE"),
    attemptsMax: environmentNumber("MAX_RECEIVE_COUNT", { min: 1, max: 1_000 }),
  };
}

/** Kept back from the function's timeout to park, to delay and to answer: the first call of SQS opens a connection. */
const answerMs = 1_000;

/** When the invocation must have answered, in ms since the epoch. */
export function deadlineOf(context: Context): number {
  return nowMs() + Math.max(0, context.getRemainingTimeInMillis() - answerMs);
}
