// How old the counts are: without a count, since the stream has been open.

import { computed } from "@preact/signals";
import { now } from "../widgets/now.ts";
import { counts, liveSinceMs } from "./live.ts";

/** Older counts are named as such, and nothing is called well by them. */
const STALE_MS = 15_000;

export const countsAgeMs = computed(() => {
  const sinceMs = counts.value ? Date.parse(counts.value.at) : liveSinceMs.value;
  return sinceMs === undefined ? 0 : now.value - sinceMs;
});

export const countsAreStale = computed(() => countsAgeMs.value > STALE_MS);
