// Schedules: what they start, and how often.
import { scheduled } from "./schedule-rules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at } from "./wiring.ts";

/** The enabled schedules that start a function. */
export function startedBy(templates: Templates, started: Resource): Resource[] {
  return scheduled(templates)
    .filter(({ target }) => target === started)
    .map(({ rule }) => rule);
}

/** Whether it starts its target at least every so many seconds, all the year and every year. */
export function isFrequent(schedule: Resource, secondsMax: number): boolean {
  const expression = String(at(schedule, "ScheduleExpression") ?? "");
  const [, amount, unit = ""] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (amount !== undefined) return Number(amount) * (unitSeconds[unit] ?? Number.NaN) <= secondsMax;
  const [, fields] = /^cron\((.+)\)$/.exec(expression) ?? [];
  const [minutes = "", hours = "", ...days] = fields?.split(/\s+/) ?? [];
  if (days.length !== 4 || !days.every((field) => ["*", "?"].includes(field))) return false;
  return gapSeconds(minutes, hours) <= secondsMax;
}

const unitSeconds: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

/** The longest time between two starts of a cron expression that is the same every day. */
function gapSeconds(minutes: string, hours: string): number {
  const starts = valuesOf(hours, 24).flatMap((hour) =>
    valuesOf(minutes, 60).map((minute) => hour * 60 + minute),
  );
  const sorted = starts.sort((a, b) => a - b);
  const [first] = sorted;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  return 60 * Math.max(...sorted.map((start, index) => (sorted[index + 1] ?? first + 1_440) - start));
}

/** `*`, a number, a list of numbers, `*\/n` or `m/n`; nothing for what else there may be. */
function valuesOf(field: string, count: number): number[] {
  const all = Array.from({ length: count }, (_, value) => value);
  if (field === "*") return all;
  const [, from = "", step] = /^(\*|\d+)\/(\d+)$/.exec(field) ?? [];
  if (step !== undefined) {
    const begin = from === "*" ? 0 : Number(from);
    return all.filter((value) => value >= begin && (value - begin) % Number(step) === 0);
  }
  return /^\d+(,\d+)*$/.test(field) ? field.split(",").map(Number) : [];
}
