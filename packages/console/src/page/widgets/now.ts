// The time that relative times are held against: one signal for all of them.

import { signal } from "@preact/signals";

export const now = signal(Date.now());

export function keepTime(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, 1_000);
}
