// A message that is older than the evidence might be a duplicate that can no longer be recognised: it is parked, and an
// operator decides.
//
//   G7. A message that is older than the deduplication window takes no effect.

import type { MessageMiddleware } from "../commit/delivery.ts";
import { nowMs } from "../core/clock.ts";
import { Park } from "../core/outcome.ts";
import { millisecondsOf } from "../core/rfc3339.ts";
import { dedupWindowDays } from "../envelope/message-life.ts";

export interface AgeGateOptions {
  /** How old a message may be, in days; at most what the evidence outlives. */
  readonly windowDays?: number;
}

/**
 * How far a producer's clock may be ahead. A `time` in the future would pass the gate when the evidence is gone.
 * AWS itself refuses requests that are signed so far off.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4-troubleshooting.html
 */
const clockSkewMs = 300_000;
const dayMs = 86_400_000;

/**
 * Lets through messages inside the dedup window.
 * ```ts
 * consumer(reserveCredit).use(ageGate()).use(idempotency({ evidence: rows() }))
 * ```
 */
export function ageGate({ windowDays = dedupWindowDays }: AgeGateOptions = {}): MessageMiddleware {
  if (!(windowDays > 0 && windowDays <= dedupWindowDays)) {
    throw new Error(`windowDays must be more than 0 and at most ${dedupWindowDays}, got ${windowDays}`);
  }
  return {
    before({ event: { message } }) {
      const timeMs = millisecondsOf(message.time);
      if (timeMs === undefined) throw new Park("TIME_INVALID", "time must be a date and time of RFC 3339");
      const ageMs = nowMs() - timeMs;
      if (ageMs < -clockSkewMs) {
        throw new Park("TIME_IN_FUTURE", `time is ${Math.round(-ageMs / 1_000)} s ahead`);
      }
      if (ageMs > windowDays * dayMs) {
        throw new Park("TOO_OLD", `${(ageMs / dayMs).toFixed(1)} days old, at most ${windowDays}`);
      }
    },
  };
}
