// A section of the proof: what it searched, and what it found. Plain data, so that it can come from another process.
import type { RoleMemory } from "../kills/memory.ts";

export interface SectionFigures {
  readonly section: SectionName;
  /** Runs: schedules of faults, orders of calls, worlds. */
  readonly schedules: number;
  /** How often each kind of fault fired. */
  readonly faults: Readonly<Record<string, number>>;
  /** What does not hold, each to be read; empty when all is well. */
  readonly violations: readonly string[];
  readonly strategiesBroken?: number;
  readonly strategiesTotal?: number;
  readonly mutantsKilled?: number;
  readonly mutantsTotal?: number;
  /** Of each role, in megabytes, at points of the run. */
  readonly memory?: readonly RoleMemory[];
  /** What else is worth a line, for people. */
  readonly said: readonly string[];
  readonly seconds: number;
}

export const sectionNames = [
  "crash-points",
  "strategies",
  "model",
  "arrivals",
  "mutants",
  "random-mutants",
  "soak",
  "hot-key",
  "kills",
  "versions",
  "long-run",
  "quint",
] as const;
export type SectionName = (typeof sectionNames)[number];

/** In some minutes on two cores. */
export const boundedSections: readonly SectionName[] = [
  "crash-points",
  "strategies",
  "model",
  "arrivals",
  "mutants",
];

export interface Depth {
  readonly long: boolean;
  /** All in some minutes: a sample of the pairs, and of the mutants only those that are noticed in a moment. */
  readonly bounded: boolean;
  readonly seed: number;
  readonly workers: number;
  /** Of the long run. */
  readonly messages?: number;
  /** Of random changes to the kit. */
  readonly count?: number;
  /** Of each mode that is soaked. */
  readonly worlds?: number;
  /** Begins nothing more after so many seconds. A section or task gets its share of the remaining time. */
  readonly secondsMax?: number;
}

/** Tells whether the limit, counted from this call, has passed; without a limit it never has. */
export function timeLimit(secondsMax: number | undefined): () => boolean {
  if (secondsMax === undefined) return () => false;
  const endsAt = performance.now() + secondsMax * 1_000;
  return () => performance.now() >= endsAt;
}

export type OnProgress = (text: string) => void;

export function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [kind, count] of counts.flatMap((one) => Object.entries(one))) {
    sums[kind] = (sums[kind] ?? 0) + count;
  }
  return sums;
}
