// Waits for an event or for a time, whichever is first.

import { setTimeout as sleep } from "node:timers/promises";

/** The first of what may happen and of what the clock says; leaves no timer behind. */
export async function firstOf<Happening, Moment extends string>(
  happenings: readonly Promise<Happening>[],
  clock: readonly { readonly afterMs: number; readonly is: Moment }[],
): Promise<Happening | Moment> {
  const over = new AbortController();
  try {
    return await Promise.race([
      ...happenings,
      ...clock.map(({ afterMs, is }) => sleep(afterMs, is, { signal: over.signal })),
    ]);
  } finally {
    over.abort();
  }
}
