// Whether a queue's messages wait for too long, as far as its counts tell.

import type { NodeCounts } from "../../api/flow.ts";

/** A queue that was not empty for longer is worth a look. */
const OLD_SECONDS = 300;
/** So many do not wait for a moment only. Of a queue that was stuck before the console looked, nothing else tells. */
const DEEP = 100;

export function isOld({ waiting = 0, oldestSeconds = 0, neverEmptySeconds }: NodeCounts = {}): boolean {
  if (neverEmptySeconds === undefined) return oldestSeconds >= OLD_SECONDS;
  return waiting >= DEEP || neverEmptySeconds >= OLD_SECONDS;
}
