// The deployment that this console shows, read once.

import { signal } from "@preact/signals";
import type { About } from "../../api/about.ts";

export const about = signal<About | undefined>(undefined);

export function mayChange(): boolean {
  return about.value?.mayChange ?? false;
}
