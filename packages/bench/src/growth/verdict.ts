// Whether a cost stays flat while something grows a hundredfold, or a thousandfold.
import type { Point } from "./point.ts";

export interface Series {
  readonly name: string;
  /** What grows, for the axis. */
  readonly of: string;
  readonly points: readonly Point[];
  /** What grows for a reason that docs/scaling.md gives, and how far: the bound is held instead. */
  readonly bounds?: Readonly<Partial<Record<Measure["of"], number>>>;
}

export interface Measure {
  readonly of: keyof Omit<Point, "size">;
  readonly label: string;
  /** What AWS would count, too; the others are this machine's and the emulator's. */
  readonly exact: boolean;
}

export const measures: readonly Measure[] = [
  { of: "requests", label: "requests", exact: true },
  { of: "writeUnits", label: "write units", exact: true },
  { of: "readUnits", label: "read units", exact: true },
  { of: "cpuMicroseconds", label: "client CPU", exact: false },
  { of: "milliseconds", label: "time", exact: false },
  { of: "heapMegabytes", label: "memory", exact: false },
];

/** What counts as flat: figures of AWS may waver with how batches fall, those of a machine with its load. */
const growthMax = { exact: 1.25, machine: 1.6 } as const;

export interface Verdict {
  readonly series: string;
  readonly measure: string;
  readonly growth: number;
  readonly bound: number | undefined;
  /** Or within its bound. */
  readonly flat: boolean;
  readonly exact: boolean;
}

/** The largest size against the smallest; a cost that is nothing at first and nothing to speak of at last is flat. */
export function verdicts({ name, points, bounds = {} }: Series): Verdict[] {
  return measures.flatMap(({ of, label, exact }) => {
    const [first, last] = [points[0]?.[of], points.at(-1)?.[of]];
    if (first === undefined || last === undefined || (first < traces && last < traces)) return [];
    const growth = last / Math.max(first, traces);
    const bound = bounds[of];
    const flat = bound === undefined ? growth <= growthMax[exact ? "exact" : "machine"] : last <= bound;
    return [{ series: name, measure: label, growth, bound, exact, flat }];
  });
}

const traces = 0.005;
