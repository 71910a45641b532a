// The memory of what takes part in a long run, by its role: each function by its construct path, however many processes
// run it and however often they were replaced, and whoever else is named. Measured at points that lie equally far apart, when all is
// quiet, so that what has grown has been kept.
import { readFile } from "node:fs/promises";
import type { Emit } from "@essentially-once/local-cloud/internal/model/events";

export interface RoleMemory {
  readonly role: string;
  /** Of its largest process at each point; 0 where /proc is not there to be asked. */
  readonly megabytes: readonly number[];
}

export interface MemoryMeter {
  /** To be told what the local cloud tells: which process runs which function. */
  readonly onEvent: Emit;
  measure(): Promise<void>;
  figures(): RoleMemory[];
}

/** A collector takes the room that it has, and gives back late. */
const noise = 1.2;
const noiseMegabytes = 32;
/** Whoever was there for fewer has said nothing yet. */
const pointsMin = 4;

export function memoryMeter(others: () => Readonly<Record<string, number>> = () => ({})): MemoryMeter {
  const roles = new Map<number, string>();
  const points: Map<string, number>[] = [];
  return {
    onEvent(event) {
      if (event.kind === "invocation") roles.set(event.processId, event.path);
    },
    async measure() {
      const point = new Map<string, number>();
      for (const [role, processId] of Object.entries(others())) point.set(role, await megabytesOf(processId));
      for (const [processId, role] of roles) {
        const megabytes = await megabytesOf(processId);
        if (megabytes === 0) roles.delete(processId);
        else point.set(role, Math.max(megabytes, point.get(role) ?? 0));
      }
      points.push(point);
    },
    figures() {
      const names = new Set(points.flatMap((point) => [...point.keys()]));
      return [...names].sort().map((role) => ({
        role,
        megabytes: points.map((point) => Math.round(point.get(role) ?? 0)),
      }));
    },
  };
}

export interface EarlyAndLate {
  readonly role: string;
  readonly early: number;
  readonly late: number;
  /** Grown by more than a collector explains. */
  readonly leaks: boolean;
}

/**
 * The most of the second fourth of the points, when each process has become warm, and the least of the last fourth: only
 * what never comes back is above it there.
 */
export function earlyAndLate({ role, megabytes }: RoleMemory): EarlyAndLate {
  const there = megabytes.filter((one) => one > 0);
  const fourth = Math.max(1, Math.floor(there.length / 4));
  const early = Math.max(0, ...there.slice(fourth, 2 * fourth));
  const late = Math.min(there.at(-1) ?? 0, ...there.slice(-fourth));
  const leaks = there.length >= pointsMin && late > early * noise + noiseMegabytes;
  return { role, early, late, leaks };
}

async function megabytesOf(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}
