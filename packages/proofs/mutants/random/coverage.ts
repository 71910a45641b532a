// Which tests run the place of a change, and in which order they are tried: what notices it most likely, and soonest, first.
import { basename } from "node:path";
import type { Change } from "./instrument.ts";
import type { TestId, Trial } from "./trial.ts";
import { type Place, work } from "./worker.ts";

export interface Coverage {
  trialsOf(change: Change): Trial[];
  /** Those that fail in one process with all others: they notice nothing here. */
  readonly left: readonly string[];
}

interface Covering {
  readonly test: TestId;
  readonly ms: number;
  readonly hits: number;
}

/** What a test file takes before its first test. */
const startMs = 500;

export async function cover(files: readonly string[], place: Place, workers: number): Promise<Coverage> {
  const byChange = new Map<string, Covering[]>();
  const left: string[] = [];
  const shares = Array.from({ length: workers }, (_, worker) =>
    files.filter((_file, index) => index % workers === worker),
  );
  const tested = new Set<string>();
  await Promise.all(
    shares.map((share) =>
      work(
        share.map((file) => ({ file, hits: 0 })),
        place,
        (entry) => {
          if (entry.kind !== "test") return;
          tested.add(fileOf(entry.test));
          const { test, ms, failed } = entry;
          if (failed !== undefined) left.push(`${test}: ${failed}`);
          else for (const [id, hits] of Object.entries(entry.hits)) coveringOf(id).push({ test, ms, hits });
        },
      ),
    ),
  );
  const missing = files.filter((file) => !tested.has(file));
  if (missing.length > 0) throw new Error(`No test of these ran: ${missing.join(", ")}`);
  return { left, trialsOf: (change) => trialsFor(change, coveringOf(change.id)) };

  function coveringOf(id: string): Covering[] {
    const known = byChange.get(id) ?? [];
    byChange.set(id, known);
    return known;
  }
}

/** One for each test file, so that each begins as it does alone. */
function trialsFor({ id, file: changed }: Change, covering: readonly Covering[]): Trial[] {
  return [...Map.groupBy(covering, ({ test }) => fileOf(test))]
    .map(([file, tests]) => ({ file, tests, rank: rankOf(file, tests) }))
    .sort((one, other) => other.rank - one.rank)
    .map(({ file, tests }) => ({
      ...{ id, file, tests: tests.map(({ test }) => test) },
      hits: tests.reduce((sum, { hits }) => sum + hits, 0),
    }));

  function rankOf(file: string, tests: readonly Covering[]): number {
    if (basename(file, ".test.ts") === basename(changed, ".ts")) return Number.POSITIVE_INFINITY;
    return tests.length / (startMs + tests.reduce((sum, { ms }) => sum + ms, 0));
  }
}

export function fileOf(test: TestId): string {
  return test.slice(0, test.lastIndexOf("#"));
}
