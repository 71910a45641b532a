// Waiting, with bounds (G11): short waits in process for faults that pass, long ones by visibility timeout.
import { nowMs } from "./clock.ts";
import { RetryLater, StateMoved } from "./outcome.ts";

/** One wait in process grows from here; milliseconds. */
const waitFirstMs = 25;
const waitMaxMs = 400;
/** No wait ends later than this before the deadline: the rest of the invocation needs the time. */
export const marginMs = 500;

/** How often a commit that met only transient trouble is sent within one delivery. */
const commitsMax = 5;
/** After so many conflicts the item has surely changed, so the same commit sent once more would fail on its condition. */
const conflictsMax = 2;

/** SQS accepts 0 to 43,200 s; a longer pause than this only hides a problem from its alarm. */
const backoffMaxSeconds = 900;

/** Exponential with full jitter: 1 s to 2, 4, 8 … s, by the number of the attempt that failed. */
export function backoffSeconds(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(2 ** Math.min(attempt, 20), backoffMaxSeconds);
  return Math.max(1, Math.ceil(random() * ceiling));
}

/**
 * For the nth wait of a message: 1 s to 2, 2, 4, 4, 8, 8 … s. A busy key is free again soon; and the 1,000 receives of a
 * queue outlast the four days that it keeps a message by default.
 */
export function pauseSeconds(wait: number, random: () => number = Math.random): number {
  return backoffSeconds(Math.ceil(wait / 2), random);
}

/** Of the queue's retention: the last try of a message that waits, with time left for one after a crash. */
export const lastTryShare = 7 / 8;

/**
 * SQS hides a message for 12 hours at most, counted from its receive. What of them has passed when a handler asks is
 * bounded by the batching window (300 s) and the longest invocation (900 s).
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
 */
const visibilityMaxSeconds = 43_200 - 300 - 900;

/** A delay as SQS takes it, whoever asked for it: whole seconds inside its bounds; undefined for what is no number. */
export function visibilitySeconds(asked: number | undefined): number | undefined {
  if (asked === undefined || Number.isNaN(asked)) return undefined;
  return Math.min(Math.max(0, Math.ceil(asked)), visibilityMaxSeconds);
}

/**
 * Waits before attempt number `attempt` + 1 of something transient.
 * @returns false, without waiting, when the wait would not end in time before the deadline
 */
export async function waitToRetry({
  attempt,
  deadlineMs,
  maxMs = waitMaxMs,
}: {
  attempt: number;
  deadlineMs: number;
  maxMs?: number;
}): Promise<boolean> {
  const waitMs = Math.random() * Math.min(waitFirstMs * 2 ** attempt, maxMs);
  if (nowMs() + waitMs > deadlineMs - marginMs) return false;
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  return true;
}

/**
 * Waits before a commit that met transient trouble is sent again.
 * @throws StateMoved when another was committing on the item for too long; RetryLater, as a wait, when it is not sent again
 */
export async function beforeNextCommit(
  { code, item }: { readonly code: string; readonly item?: string | undefined },
  { attempt, deadlineMs, cause }: { attempt: number; deadlineMs: number; cause?: unknown },
): Promise<void> {
  if (code === "TransactionConflict" && attempt >= conflictsMax) throw new StateMoved(item, code);
  if (attempt < commitsMax && (await waitToRetry({ attempt, deadlineMs }))) return;
  throw new RetryLater(code, undefined, { cause, waited: true });
}
