// Whether a process is there, for tests of what must not outlive what.

import { readFileSync } from "node:fs";

/** True while a process of this id runs or waits; a zombie is dead. */
export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
  } catch {
    return false;
  }
  return !isZombie(processId);
}

function isZombie(processId: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${processId}/stat`, "utf8"));
  } catch {
    return false; // no /proc on this platform, or it has just gone
  }
}
