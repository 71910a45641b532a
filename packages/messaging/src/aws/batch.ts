// A batch never shares a fate: every record is worked on, or returned, on its own (G5), within bounds (G11).
//
//   G4. Where order counts, a key stops at its first failure and what is behind it is returned with it.
import { earlyMs, nowMs } from "../core/clock.ts";
import { log } from "../observe/log.ts";

export interface BatchOptions<Item> {
  /** When the answer must be ready, in ms since the epoch. */
  readonly deadlineMs: number;
  /** Items of one key run one after the other, in the order of the batch. */
  readonly keyOf: (item: Item) => string;
  /** Nothing of a key runs after a failure of it. */
  readonly inOrder?: boolean;
  /** Works on one item; false or a rejection returns it to the queue. */
  readonly work: (item: Item, deadlineMs: number) => Promise<boolean>;
  /** Told at the deadline of each item that was begun and has not ended; true when the queue may forget it all the same. */
  readonly unfinished?: (item: Item, ranMs: number) => Promise<boolean>;
}

/**
 * How many keys are worked on at the same time. More than a batch of ten has, so that the units of work of a larger one
 * are ready together: a transaction has room for 33 messages of three items.
 */
const concurrencyMax = 100;
/** From the deadline on, for what is said and done of unfinished items; what is kept back for the answer is longer. */
const unfinishedMs = 800;

/** Works on a batch and returns the items that failed or were not finished before the deadline. */
export async function processBatch<Item>(
  items: readonly Item[],
  options: BatchOptions<Item>,
): Promise<Item[]> {
  const done = new Set<Item>();
  const begunMs = new Map<Item, number>();
  const running = new Set<Item>();
  const groups = [...Map.groupBy(items, options.keyOf).values()];
  const queue = groups.values();
  const workers = Array.from({ length: Math.min(concurrencyMax, groups.length) }, worker);
  await beforeDeadline(Promise.all(workers), options.deadlineMs);
  const late = nowMs() >= options.deadlineMs ? items.filter((item) => !begunMs.has(item)).length : 0;
  if (late > 0) log("warn", "NOT_BEGUN", { records: late });
  await beforeDeadline(Promise.all([...running].map(endUnfinished)), options.deadlineMs + unfinishedMs);
  return items.filter((item) => !done.has(item));

  async function worker(): Promise<void> {
    for (const group of queue) {
      for (const item of group) {
        if (nowMs() >= options.deadlineMs) return;
        if (await settled(item)) done.add(item);
        else if (options.inOrder) break;
      }
    }
  }

  async function settled(item: Item): Promise<boolean> {
    begunMs.set(item, nowMs());
    running.add(item);
    try {
      return await options.work(item, options.deadlineMs);
    } catch {
      return false; // its neighbours go on; `work` has said why
    } finally {
      running.delete(item);
    }
  }

  async function endUnfinished(item: Item): Promise<void> {
    const ranMs = nowMs() - (begunMs.get(item) ?? nowMs());
    if (await options.unfinished?.(item, ranMs).catch(() => undefined)) done.add(item);
  }
}

/** The result of the work, or undefined when there is none by the deadline; the work goes on then, and its end is ignored. */
export async function beforeDeadline<Result>(
  work: Promise<Result>,
  deadlineMs: number,
): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, deadlineMs - nowMs()) + earlyMs);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
