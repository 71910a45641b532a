// Of a record that failed or waited: when it is tried again, or why never.
//
//   G6. Only attempts end in a dead letter. But SQS forgets a message when its retention ends, and moves it without a
//   reason when its receives are used up: before either it is parked with what it waited for.
//   G11. Waits are bounded by the retention of the queue, attempts by their number.
import type { SQSRecord } from "aws-lambda";
import { attemptOf, pastOf, receiveCountOf } from "../commit/received.ts";
import { nowMs } from "../core/clock.ts";
import { describedError } from "../core/error-code.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { backoffSeconds, lastTryShare, pauseSeconds, visibilitySeconds } from "../core/retry.ts";
import { isWait } from "../core/waits.ts";
import { isFifo } from "../envelope/message-group.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { isNearer } from "./attempt-store.ts";
import { type QueueLimits, queueLimits } from "./queue-limits.ts";

export interface Try {
  readonly retryAfterSeconds: number;
  /** It was no attempt. */
  readonly waited: boolean;
  /** Since it was received for the first time. */
  readonly waitedSeconds: number;
}

/** What a queue may not have: fewer receives than the wiring rules demand, a retention shorter than SQS allows. */
const receivesMin = 3;
const retentionMinMs = 60_000;

/** The longest visibility timeout: no message that SQS delivers outlives its retention by more. Milliseconds. */
const hiddenMaxMs = 43_200_000;

export async function nextTry(queue: Subscription, record: SQSRecord, error: unknown): Promise<Try | Park> {
  const waited = isWait(error);
  const attempt = attemptOf(record);
  if (!waited && attempt >= queue.attemptsMax) return over(`${attempt} attempts`);

  const ageMs = nowMs() - Number(record.attributes.SentTimestamp);
  const waitedSeconds = secondsSince(record.attributes.ApproximateFirstReceiveTimestamp);
  const asked = visibilitySeconds(error instanceof RetryLater ? error.retryAfterSeconds : undefined);
  const { ahead, kept } = error instanceof RetryLater ? error : {};
  const retryAfterSeconds = waited
    ? ((kept && asked) ?? inLine(record, ahead) ?? waitFor(asked, waitsOf(record, ahead)))
    : (asked ?? backoffSeconds(attempt));
  const receives = receiveCountOf(record);
  const again: Try = { retryAfterSeconds, waited, waitedSeconds };
  const isFar = receives < receivesMin && ageMs + retryAfterSeconds * 1_000 < retentionMinMs * lastTryShare;
  if (isFar) return again; // from the limits of any queue

  const limits = await queueLimits(queue.queueUrl);
  // Of a queue that does not say, no more is expected than what its consumer was told.
  const receivesMax = limits?.receivesMax ?? (waited ? Number.POSITIVE_INFINITY : queue.attemptsMax);
  if (receives >= receivesMax) return over(`${receives} receives, the queue's maximum`);
  const leftMs = leftOf(limits, ageMs);
  if (leftMs <= 0) return over(`${receives} receives in ${waitedSeconds} seconds, until its retention ended`);
  const pace = waited ? paceSeconds({ receives, receivesMax, leftMs }) : 0;
  return {
    ...again,
    retryAfterSeconds: Math.min(Math.max(retryAfterSeconds, pace), Math.ceil(leftMs / 1_000)),
  };

  function over(detail: string): Park {
    if (error instanceof RetryLater && error.lastly) return error.lastly;
    const [code, last] = waited ? ["WAITED_TOO_LONG", "wait"] : ["RETRIES_EXHAUSTED", "error"];
    return new Park(code, `${detail}, last ${last} ${describedError(error)}`, { cause: error });
  }
}

/**
 * From half of its receives on, a waiting message shares the time that is left among the receives that are left: so time
 * ends its waits, and never the number of receives, whatever it waits for and however short it was asked to.
 */
function paceSeconds({
  receives,
  receivesMax,
  leftMs,
}: {
  readonly receives: number;
  readonly receivesMax: number;
  readonly leftMs: number;
}): number {
  if (receives * 2 < receivesMax || !Number.isFinite(leftMs)) return 0;
  return visibilitySeconds(leftMs / 1_000 / Math.max(1, receivesMax - receives - 1)) ?? 0;
}

/** As long as was asked, until that was not enough so often: the queue allows 1,000 receives. */
function waitFor(asked: number | undefined, wait: number): number {
  return asked === undefined ? pauseSeconds(wait) : Math.max(asked, pauseSeconds(wait - askedMax));
}

const askedMax = 20;

/**
 * For a message far from the front of a line that moves: when its turn comes if the line goes on twice as fast as it did
 * since the message came first. It can: a line is as fast as those who are next come back. Undefined: as long as was asked.
 */
function inLine(record: SQSRecord, ahead: number | undefined): number | undefined {
  const { line } = pastOf(record);
  if (line === undefined || ahead === undefined || ahead <= nearMax || ahead >= line.ahead) return undefined;
  const secondsEach = (nowMs() - line.firstMs) / 1_000 / (line.firstAhead - ahead);
  return Math.max(1, Math.min(Math.ceil((ahead * secondsEach) / faster), lineMaxSeconds));
}

/** So near to the front, a message with too long a visibility timeout delays all those behind it. */
const nearMax = 20;
const faster = 2;
/** A line that moves again after it stood is not to be held up for longer by what it seemed before. */
const lineMaxSeconds = 300;

/** With this one. Where nothing waits behind another, receives say it, also when no note could be written. */
function waitsOf(record: SQSRecord, ahead: number | undefined): number {
  const { attempts, waits } = pastOf(record);
  if (ahead !== undefined) return isNearer(record, ahead) ? 1 : waits + 1;
  return isFifo(record.eventSourceARN) ? waits + 1 : Math.max(1, receiveCountOf(record) - attempts);
}

/** Until the last try; without end when the time of the message is none that a message of this queue can have. */
function leftOf(limits: QueueLimits | undefined, ageMs: number): number {
  if (limits === undefined) return Number.POSITIVE_INFINITY;
  const { retentionMs } = limits;
  const isPossible = ageMs <= retentionMs + hiddenMaxMs;
  return isPossible ? retentionMs * lastTryShare - ageMs : Number.POSITIVE_INFINITY;
}

function secondsSince(timestampMs: string): number {
  return Math.max(0, Math.round((nowMs() - Number(timestampMs)) / 1_000));
}
