// When a scheduled message is due: at a time, or after so much time.
//
//   G11. A time has bounds: the ISO text of a year beyond 9999 would sort before all others.
import { nowMs } from "../core/clock.ts";
import { Park } from "../core/outcome.ts";
import { millisecondsOf } from "../core/rfc3339.ts";

/** `at` a time, or `after` so much time from now on. A time that has passed is due at once. */
export type DueTime =
  | { readonly at: Date | string; readonly after?: undefined }
  | { readonly after: After; readonly at?: undefined };

/** The sum of its parts, each 0 or more: `{ minutes: 15 }`, `{ days: 1, hours: 12 }`. */
export interface After {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

const partMs: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
};

/**
 * So far ahead the dispatcher sends wake-ups, once a minute: the minute, and what a run may start late and take. Whoever
 * schedules for sooner sends its own. Milliseconds.
 */
export const aheadMs = 90_000;

const dueMaxMs = Date.UTC(9999, 0);

/**
 * Milliseconds since the epoch.
 * @throws Park SCHEDULE_INVALID saying what was given and what is allowed: no retry can change it
 */
export function dueMsOf(time: DueTime): number {
  const { at, after }: DueTime = Object(time);
  if ((at === undefined) === (after === undefined)) throw invalid("give either at or after");
  const dueMs = after === undefined ? timeOf(at) : nowMs() + durationOf(after);
  if (dueMs >= 0 && dueMs <= dueMaxMs) return dueMs;
  throw invalid("the time must be from 1970 to 9999");
}

function timeOf(at: Date | string | undefined): number {
  const ms = at instanceof Date ? at.getTime() : millisecondsOf(String(at));
  if (ms !== undefined && !Number.isNaN(ms)) return isBetween(at) ? ms + 1 : ms;
  throw invalid("at must be a Date or an RFC 3339 text such as 2030-01-31T08:00:00Z");
}

/** G12: a text may be finer than a Date, and the millisecond before is too early. */
function isBetween(at: unknown): boolean {
  return typeof at === "string" && /\.\d{3}\d*[1-9]/.test(at);
}

function durationOf(after: After): number {
  const parts = Object.entries<number>(Object(after)).filter(([, value]) => value !== undefined);
  const isDuration = parts.length > 0 && parts.every(([name, value]) => name in partMs && isAmount(value));
  if (isDuration)
    return Math.ceil(parts.reduce((sum, [name, value]) => sum + (partMs[name] ?? 0) * value, 0));
  throw invalid("after must have days, hours, minutes or seconds, each a number from 0");
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

function invalid(detail: string): Park {
  return new Park("SCHEDULE_INVALID", detail);
}
