// The search over schedules: none, every single fault, every pair, sampled triples. Figures are counted from what
// happened: a fault counts when it fired.
import type { Account } from "./account.ts";
import { openExplorer } from "./explorer.ts";
import type { Fault, FaultKind } from "./fault.ts";
import type { Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { furtherFaults, kindsOf, provesSomething } from "./schedules.ts";
import { seededRandom } from "./seeded-random.ts";

export interface ExploreOptions {
  /** Faults a schedule: 1 for singles, 2 for pairs as well, 3 for triples. */
  readonly depth: 1 | 2 | 3;
  /** At most so many singles, pairs, and so many triples, chosen by the seed; absent takes all. */
  readonly singlesMax?: number;
  readonly pairsMax?: number;
  readonly triplesMax?: number;
  readonly kinds?: readonly FaultKind[];
  /** Only every so many-th of the single faults, and what follows from it: a share for one of several processes. */
  readonly share?: { readonly index: number; readonly of: number };
  readonly seed?: number;
  /** Ends the search early, between two schedules. */
  readonly secondsMax?: number;
  /** Ends the search after so many violations. */
  readonly violationsMax?: number;
  readonly onProgress?: (figures: Figures) => void;
}

export interface Figures {
  readonly scenario: string;
  readonly schedules: number;
  /** How often each kind fired. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly violations: readonly Counterexample[];
  readonly seconds: number;
  /** False when a bound ended the search before its schedules did. */
  readonly complete: boolean;
}

export type Counterexample = Account;

export async function explore(scenario: Scenario, options: ExploreOptions): Promise<Figures> {
  const { depth, seed = 1, secondsMax = 3_600, violationsMax = 10 } = options;
  const kinds = kindsOf(scenario, options.kinds);
  const bounds = [options.singlesMax, options.pairsMax, options.triplesMax];
  const random = seededRandom(seed);
  const beganAt = performance.now();
  const faults: Partial<Record<FaultKind, number>> = {};
  const violations: Counterexample[] = [];
  let schedules = 0;
  let complete = true;
  const explorer = await openExplorer(scenario);
  try {
    let level: { run: Run; faults: readonly Fault[] }[] = [];
    const baseline = await tryOut([]);
    if (baseline) level = [{ run: baseline, faults: [] }];
    for (let size = 1; size <= depth && !isOver(); size++) {
      level = await nextLevel(level, bounds[size - 1]);
    }
  } finally {
    await explorer.close();
  }
  return figures();

  async function nextLevel(level: readonly Explored[], bound: number | undefined): Promise<Explored[]> {
    const schedules = level.flatMap((explored) =>
      furtherFaults(explored.run, explored.faults, kinds)
        .filter((fault) => provesSomething(fault, scenario))
        .map((fault) => [...explored.faults, fault]),
    );
    const { index, of } = options.share ?? { index: 0, of: 1 };
    const shared = schedules.filter((one, nth) => one.length > 1 || nth % of === index);
    const chosen = bound === undefined ? shared : sample(shared, bound, random);
    const explored: Explored[] = [];
    for (const faults of chosen) {
      if (isOver()) {
        complete = false;
        break;
      }
      const run = await tryOut(faults);
      if (run) explored.push({ run, faults });
    }
    return explored;
  }

  /** Undefined when it led to a violation: schedules that extend it would prove nothing more. */
  async function tryOut(schedule: readonly Fault[]): Promise<Run | undefined> {
    const run = await explorer.run(schedule);
    schedules++;
    for (const { kind } of run.fired) faults[kind] = (faults[kind] ?? 0) + 1;
    options.onProgress?.(figures());
    if (run.violations.length === 0) return run;
    violations.push({
      scenario: scenario.name,
      faults: schedule,
      violations: run.violations,
      calls: run.calls,
      messages: run.messages,
    });
    return undefined;
  }

  function isOver(): boolean {
    return violations.length >= violationsMax || performance.now() - beganAt > secondsMax * 1_000;
  }

  function figures(): Figures {
    const seconds = (performance.now() - beganAt) / 1_000;
    return { scenario: scenario.name, schedules, faults, violations, seconds, complete };
  }
}

type Explored = { readonly run: Run; readonly faults: readonly Fault[] };

/** The first counterexample found with the fewest faults, and how many schedules it took. */
export async function shortestCounterexample(
  scenario: Scenario,
  options: Partial<Omit<ExploreOptions, "violationsMax">> = {},
): Promise<{ readonly found: Counterexample | undefined; readonly schedules: number }> {
  const { violations, schedules } = await explore(scenario, { depth: 2, ...options, violationsMax: 1 });
  return { found: violations[0], schedules };
}

function sample<Item>(items: readonly Item[], count: number, random: () => number): Item[] {
  const rest = [...items];
  for (let index = rest.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [rest[index], rest[other]] = [rest[other] as Item, rest[index] as Item];
  }
  return rest.slice(0, count);
}
