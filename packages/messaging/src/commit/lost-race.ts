// A run that lost a race for an item, or was a moment too early, is repeated on fresh state. Loaded with the first.
//
//   G5, G11. It takes its turn: in this process one message at a time runs for an item, so that only processes race, with
//   jitter. It takes half of the time left, so that a hot key leaves the rest to other keys. A message that still loses
//   has waited, which is no attempt. (An at-most-once message is not redelivered, so it takes all of the time.)
//   G6. Runs that lost to an item which did not change lost no race: their condition does not hold, and that is an attempt.

import { isDeepStrictEqual } from "node:util";
import { inTurn } from "../aws/turns.ts";
import { nowMs } from "../core/clock.ts";
import { isRepeatable, Park, RetryLater, StateMoved } from "../core/outcome.ts";
import { marginMs, waitToRetry } from "../core/retry.ts";

/** As many processes as a mapping starts within seconds spread their runs over so long; milliseconds. */
const pauseMaxMs = 1_600;
const pauseMinMs = 25;
/** So many looks at a line that does not move: the next in line is not at work, and waiting here only costs. */
const standsMax = 3;
/** So many runs that lost to what the run before saw, too: what they read was not stale. */
const unmovedMax = 3;
/** For a clock that stands still. */
const runsMax = 50;

/**
 * Runs again until the run loses no race.
 * @param first what the run threw that was the first to lose
 * @throws RetryLater CONTENDED, as a wait, or CONDITION_FAILED, as an attempt; or whatever the run throws
 */
export async function repeatInTurn<Result>(
  run: () => Promise<Result>,
  {
    first,
    item,
    deadlineMs,
    share = 1 / 2,
  }: {
    readonly first: StateMoved | RetryLater;
    readonly item: string;
    readonly deadlineMs: number;
    /** Of the time until the deadline. */
    readonly share?: number;
  },
): Promise<Result> {
  const untilMs = nowMs() + (deadlineMs - nowMs()) * share;
  let lost = first;
  let stood = 0;
  let unmoved = 0;
  const won = await inTurn(item, { untilMs }, untilWon);
  if (won !== undefined) return won.result;
  throw waitFor(lost);

  async function untilWon(): Promise<Result> {
    for (let attempt = 1; attempt <= runsMax && stood < standsMax; attempt++) {
      if (!(await pause(attempt))) break;
      try {
        return await run();
      } catch (error) {
        if (!isRepeatable(error)) throw error;
        lose(error);
      }
    }
    throw waitFor(lost);
  }

  function lose(error: StateMoved | RetryLater): void {
    stood = standsStill(lost, error) ? stood + 1 : 0;
    unmoved = isUnmoved(lost, error) ? unmoved + 1 : 0;
    lost = error;
    if (unmoved >= unmovedMax) throw conditionFailed(lost);
  }

  /** None before the first time that it has its turn: whoever was faster is done. */
  async function pause(attempt: number): Promise<boolean> {
    if (lost instanceof StateMoved && attempt === 1) return true;
    const maxMs = lost instanceof StateMoved ? pauseMax() : 2 * (lost.soonMs ?? 0); // half of it, on average
    return waitToRetry({ attempt, deadlineMs: Math.min(untilMs + marginMs, deadlineMs), maxMs });
  }

  /** Shorter when the time runs out: one more run is better than none. */
  function pauseMax(): number {
    return Math.min(pauseMaxMs, Math.max(pauseMinMs, (untilMs - nowMs()) / 2));
  }
}

function standsStill(before: StateMoved | RetryLater, now: StateMoved | RetryLater): boolean {
  return now instanceof RetryLater && before instanceof RetryLater && now.ahead === before.ahead;
}

function isUnmoved(before: StateMoved | RetryLater, now: StateMoved | RetryLater): boolean {
  if (!(before instanceof StateMoved && now instanceof StateMoved) || now.seen === undefined) return false;
  return before.item === now.item && isDeepStrictEqual(before.seen, now.seen);
}

/** Perhaps of an item that another message is about to change or to create: so it is tried again, as often as any. */
function conditionFailed(lost: StateMoved | RetryLater): RetryLater {
  const [table = "a table"] = /[\w.-]+/.exec((lost instanceof StateMoved && lost.item) || "") ?? [];
  const detail = `a condition of the handler's write does not hold for its item in ${table}, which did not change`;
  const lastly = new Park("CONDITION_FAILED", detail);
  return new RetryLater("CONDITION_FAILED", undefined, { lastly });
}

function waitFor(lost: StateMoved | RetryLater): RetryLater {
  return lost instanceof RetryLater ? lost : new RetryLater(lost.code, undefined, { waited: true });
}
