// The time that relative times are held against: one signal for all of them, by the clock of the server. The browser may be on another
// machine, behind a forwarded port, and its clock another one.

import { signal } from "@preact/signals";

let aheadMs = 0;
/** Less is the way of an answer. */
const AHEAD_MIN_MS = 2_000;

export const now = signal(Date.now());

/** @param at of the server, just now */
export function tellTime(at: string): void {
  const ahead = Date.parse(at) - Date.now();
  aheadMs = Math.abs(ahead) < AHEAD_MIN_MS || Number.isNaN(ahead) ? 0 : ahead;
}

export function timeNow(): number {
  return Date.now() + aheadMs;
}

export function keepTime(): void {
  setInterval(() => {
    if (!document.hidden) now.value = timeNow();
  }, 1_000);
}
