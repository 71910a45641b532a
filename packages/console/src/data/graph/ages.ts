// How long the messages of each queue wait, as far as counts tell.
//
//   SQS tells no age without CloudWatch: no message waits longer than since its queue was last seen empty. Before that nothing is known.

import type { NodeCounts } from "../../api/flow.ts";

export type Age = Pick<NodeCounts, "oldestSeconds" | "neverEmptySeconds">;

export interface WaitingAges {
  /** For one count of all queues. */
  at(nowMs: number): (consumer: string, waiting: number) => Age;
}

/** Counts are read every second while a page looks. In a longer time a queue may have been empty, or not. */
const GAP_MS = 15_000;

export function waitingAges(): WaitingAges {
  const emptyMs = new Map<string, number>();
  const firstSeenMs = new Map<string, number>();
  let lastMs = 0;
  return {
    at(nowMs) {
      if (nowMs - lastMs > GAP_MS) for (const times of [emptyMs, firstSeenMs]) times.clear();
      lastMs = nowMs;
      return (consumer, waiting) => {
        if (waiting === 0) {
          emptyMs.set(consumer, nowMs);
          return {};
        }
        const seenMs = emptyMs.get(consumer);
        if (seenMs !== undefined) return { oldestSeconds: Math.round((nowMs - seenMs) / 1_000) };
        const firstMs = firstSeenMs.get(consumer) ?? nowMs;
        firstSeenMs.set(consumer, firstMs);
        return { neverEmptySeconds: Math.round((nowMs - firstMs) / 1_000) };
      };
    },
  };
}
