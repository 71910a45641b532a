// What a screen reader says about changes that the reader did not make at the place of focus.

import { signal } from "@preact/signals";

export const announcement = signal("");

export function announce(text: string): void {
  announcement.value = text;
}
