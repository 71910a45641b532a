// Peak resident memory of this process and its children together, in megabytes: the proportional set size, in which a page
// that processes share counts once.
//
//   https://docs.kernel.org/filesystems/proc.html (smaps_rollup, Pss)

import { readFile } from "node:fs/promises";

export interface MemoryWatch {
  /** 0 where /proc is not there to be asked. */
  peakMegabytes(): number;
  stop(): void;
}

const LOOK_EVERY_MS = 2_000;
const KILOBYTES = /^Pss:\s+(?<kilobytes>\d+) kB$/m;

export function watchMemory(processIds: () => number[]): MemoryWatch {
  let peakKilobytes = 0;
  async function look(): Promise<void> {
    const resident = await Promise.all([process.pid, ...processIds()].map(residentKilobytes));
    peakKilobytes = Math.max(
      peakKilobytes,
      resident.reduce((sum, kilobytes) => sum + kilobytes, 0),
    );
  }
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    peakMegabytes: () => Math.round(peakKilobytes / 1024),
    stop: () => clearInterval(timer),
  };
}

async function residentKilobytes(processId: number): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${processId}/smaps_rollup`, "utf8");
    return Number(KILOBYTES.exec(rollup)?.groups?.kilobytes ?? 0);
  } catch {
    return 0; // it ended between the list and the look, or this is not Linux
  }
}
