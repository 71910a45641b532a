// How much longer timeouts are on a machine that is busy with other programs. On Lambda a function has its share of a processor to
// itself. Here a timeout that counts the time of others kills a process that is slow to warm up, for another one that is as slow.

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const PROCESSORS = availableParallelism();
/** For so many programs that share a processor a timeout has room. */
const SHARED_BY = 2;
/** A visibility timeout is six timeouts: no message may be redelivered while a function still has it. */
const STRETCH_MAX = 5;

/** From 1 to 5, for an invocation that begins now; 1 where the system does not say how much runs. */
export function timeoutStretch(said: () => string = linuxLoad): number {
  const [overTheMinute = 0, , , now = 0] = said()
    .split(" ")
    .map((text) => Number.parseFloat(text) || 0);
  const atWork = Math.max(overTheMinute, now);
  return Math.min(STRETCH_MAX, Math.max(1, atWork / PROCESSORS / SHARED_BY));
}

/** https://man7.org/linux/man-pages/man5/proc_loadavg.5.html: `8.14 9.61 7.02 11/734 40233`, of which 11 run or could run now */
function linuxLoad(): string {
  try {
    return readFileSync("/proc/loadavg", "latin1");
  } catch {
    return "";
  }
}
