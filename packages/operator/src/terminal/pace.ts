// Limits the rate: a redrive at full speed would overload the systems behind its consumer.

import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "@essentially-once/messaging/clock";

export type Pace = () => Promise<void>;

/** Each call returns when the next message may go. */
export function pace(perSecond: number): Pace {
  const stepMs = 1_000 / perSecond;
  let nextMs = nowMs();
  return async function waitForTurn() {
    const turnMs = Math.max(nextMs, nowMs());
    nextMs = turnMs + stepMs;
    if (turnMs > nowMs()) await sleep(turnMs - nowMs());
  };
}
