// Turns of this process: work on one thing goes one after the other, where side by side it would only fail.
//
//   G11. A turn ends with its time, also of work that never ends.
import { beforeDeadline } from "./batch.ts";
import { nowMs } from "./clock.ts";

interface Turn {
  readonly ended: Promise<void>;
  readonly untilMs: number;
}

/** By the name of the thing: the last turn that was given out. */
const lines = new Map<string, Turn>();

/**
 * Does the work when all work on `name` before it has ended.
 * @param untilMs when the turn is over, in ms since the epoch
 * @returns undefined when the turn did not come in time, and nothing was done
 */
export async function inTurn<Result>(
  name: string,
  { untilMs }: { readonly untilMs: number },
  work: () => Promise<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const before = lines.get(name);
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const turn: Turn = { ended, untilMs };
  lines.set(name, turn);
  try {
    if (before !== undefined) {
      await beforeDeadline(before.ended, Math.min(before.untilMs, untilMs));
      if (nowMs() >= untilMs) return undefined;
    }
    return { result: await work() };
  } finally {
    end();
    if (lines.get(name) === turn) lines.delete(name);
  }
}
