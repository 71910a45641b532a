// How long ago, for people: `90s`, `30m`, `12h`, `7d`.

import { UsageError } from "./usage-error.ts";

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds. Throws UsageError naming the flag, what was given and what is allowed. */
export function readAge(flag: string, text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * units[unit as keyof typeof units];
  throw new UsageError(
    `--${flag} must be a number with s, m, h or d, such as 90s or 7d, got ${JSON.stringify(text)}.`,
  );
}

/** In the largest unit that has two of it: 119 s, 119 m, 47 h, 2 d. */
export function ageText(ms: number): string {
  if (Number.isNaN(ms)) return "an unknown time";
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
