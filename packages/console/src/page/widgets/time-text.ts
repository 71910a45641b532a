// Times and spans as people read them.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `240 ms`, `1.2 s`, `3 min`, `2 h`, `5 days` */
export function spanText(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < 2 * MINUTE) return `${Math.round(span / SECOND)} s`;
  if (span < 2 * HOUR) return `${Math.round(span / MINUTE)} min`;
  if (span < 2 * DAY) return `${Math.round(span / HOUR)} h`;
  return `${Math.round(span / DAY)} days`;
}

/** `12 s ago` */
export function agoText(at: string | undefined, now: number): string {
  const then = at === undefined ? Number.NaN : Date.parse(at);
  if (Number.isNaN(then)) return "at an unknown time";
  return now - then < SECOND ? "just now" : `${spanText(now - then)} ago`;
}

/** `14:03:07.120` of the reader's own time zone. */
export function clockText(at: string, { milliseconds = false } = {}): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const text = time.toLocaleTimeString("en-GB");
  return milliseconds ? `${text}.${String(time.getMilliseconds()).padStart(3, "0")}` : text;
}

/** Date and time in full, for a tooltip. */
export function fullTime(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? at : `${time.toLocaleString("en-GB")} (${at})`;
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
