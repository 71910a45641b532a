// Looks at the running flow a few times a second: draws it, measures how fast it goes, and notes when something first came about.

import type { Progress } from "./progress.ts";
import { readDepths } from "./queue-depths.ts";
import type { FlowAccess } from "./quiescence.ts";
import type { Counts } from "./tally.ts";

export interface Watch {
  /** Asks again and again until it holds. Returns how long after the start of this process that was, in seconds; undefined until then. */
  firstTime(holds: () => Promise<boolean>): () => number | undefined;
  /** Messages processed a second, over the time in which some were: waits for a visibility timeout do not count. */
  messagesPerSecond(): number;
  stop(): Promise<void>;
}

export interface WatchOptions {
  readonly access: FlowAccess;
  readonly counts: Counts;
  readonly progress: Progress;
  /** What is sent, in the plural, how many of it, and how many were answered so far. */
  readonly sends: string;
  readonly count: number;
  answered(): number;
}

interface Milestone {
  readonly holds: () => Promise<boolean>;
  seconds?: number;
}

const LOOK_EVERY_MS = 250;

export function startWatch({ access, counts, progress, sends, count, answered }: WatchOptions): Watch {
  const milestones: Milestone[] = [];
  let busyMs = 0;
  let last = { atMs: performance.now(), processed: counts.processed };
  let look = Promise.resolve();

  async function pollOnce(): Promise<void> {
    const nowMs = performance.now();
    if (counts.processed > last.processed) busyMs += nowMs - last.atMs;
    last = { atMs: nowMs, processed: counts.processed };
    for (const milestone of milestones) {
      if (milestone.seconds === undefined && (await milestone.holds()))
        milestone.seconds = tenths(nowMs / 1000);
    }
    const seconds = nowMs / 1000;
    if (!progress.isDue(seconds)) return;
    const depths = await readDepths(access.clients.sqs, access.queues);
    progress.show({ seconds, sends, count, answered: answered(), depths, counts });
  }

  let looking = false;
  const timer = setInterval(() => {
    if (looking) return; // a slow look is not overtaken
    looking = true;
    look = pollOnce()
      .catch(() => undefined) // the next look may see more; the run has its own errors
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS);

  return {
    firstTime(holds) {
      const milestone: Milestone = { holds };
      milestones.push(milestone);
      return () => milestone.seconds;
    },
    messagesPerSecond: () => (busyMs === 0 ? 0 : tenths(counts.processed / (busyMs / 1000))),
    async stop() {
      clearInterval(timer);
      await look;
      progress.end();
    },
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
