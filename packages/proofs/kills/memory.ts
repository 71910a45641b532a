// The memory of each role in a long run: each function by its construct path, however many processes run it and however
// often they are replaced, and each other process by its name. Measured at equal distances while all is idle, so growth
// is memory that the process keeps.
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

/** A garbage collector uses the room that it has, and gives it back late. */
const noise = 1.2;
const noiseMegabytes = 32;
/** A role that was measured at fewer points proves nothing yet. */
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
 * Compares the maximum of the second quarter of the points, when each process is warm, with the minimum of the last
 * quarter: only memory that is never freed can be above it there.
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
