// Turns of this process: work on one thing goes one after the other, where side by side it would only fail.
//
//   G11. A turn ends with its time, also of work that never ends.

import { nowMs } from "../core/clock.ts";
import { beforeDeadline } from "./batch.ts";

/** By the name of the thing: when the last turn that was given out is over. */
const lines = new Map<string, Promise<void>>();

export interface TurnTimes {
  /** A turn that does not begin by then, in ms since the epoch, never does; and whatever has begun is over. */
  readonly untilMs: number;
  /** How long a turn lasts at most; milliseconds. */
  readonly turnMs?: number;
}

/**
 * Does the work once all earlier work on `name` has ended, or has used up its time.
 * @returns undefined when the turn did not come in time, and nothing was done
 */
export async function inTurn<Result>(
  name: string,
  times: TurnTimes,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const end = await takeTurn(name, times);
  if (end === undefined) return undefined;
  try {
    return { result: await work() };
  } finally {
    end();
  }
}

/**
 * For work that begins and ends in different places.
 * @returns what ends the turn; undefined when it did not come in time
 */
export async function takeTurn(
  name: string,
  { untilMs, turnMs = Number.POSITIVE_INFINITY }: TurnTimes,
): Promise<(() => void) | undefined> {
  const before = lines.get(name);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  lines.set(name, ended);
  void ended.then(() => lines.get(name) === ended && lines.delete(name));
  if (before !== undefined) await beforeDeadline(before, untilMs);
  if (before !== undefined && nowMs() >= untilMs) {
    void before.then(resolve); // whoever is behind waits for the one that is in front
    return undefined;
  }
  const timer = setTimeout(resolve, Math.max(0, Math.min(turnMs, untilMs - nowMs())));
  return function end() {
    clearTimeout(timer);
    resolve();
  };
}
