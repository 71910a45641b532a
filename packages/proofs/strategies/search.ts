// Searches strategies for the fewest faults that break them: none, but two functions at once; one; two.
import { type Counterexample, explore } from "@essentially-once/testing/internal/explorer/explore";
import { openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import {
  describeFault,
  type Fault,
  type FaultKind,
  faultKinds,
} from "@essentially-once/testing/internal/explorer/fault";
import { interleave } from "@essentially-once/testing/internal/explorer/interleave";
import { furtherFaults, kindsOf } from "@essentially-once/testing/internal/explorer/schedules";
import { strategies } from "./catalog.ts";
import type { Strategy } from "./strategy.ts";

export interface SearchOptions {
  /** Of the schedules with two faults at most so many, chosen by a seed; 0 leaves them out. */
  readonly pairsMax: number;
  /** Absent takes all. */
  readonly kinds?: readonly FaultKind[];
}

export interface ProveStrategiesOptions extends SearchOptions {
  /** Looked at before each strategy: when it is true, no other is begun. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (text: string) => void;
}

export interface Searched {
  readonly strategy: Strategy;
  /** Schedules and orders that were run. */
  readonly schedules: number;
  /** Absent when it held. */
  readonly counterexample?: Counterexample;
}

export interface StrategyFigures {
  readonly schedules: number;
  readonly strategiesBroken: number;
  readonly strategiesTotal: number;
  /** What broke and should hold, and what held and should break. */
  readonly surprises: readonly string[];
  readonly searched: readonly Searched[];
  readonly seconds: number;
}

export async function proveStrategies({
  isOver = () => false,
  onProgress = () => undefined,
  ...options
}: ProveStrategiesOptions): Promise<StrategyFigures> {
  const beganAt = performance.now();
  const searched: Searched[] = [];
  for (const strategy of strategies) {
    if (isOver()) break;
    const one = await searchStrategy(strategy, options);
    searched.push(one);
    const end = one.counterexample ? `breaks: ${sentenceOf(one.counterexample)}` : "holds";
    onProgress(`strategies: ${strategy.name}: ${end} (${one.schedules} schedules)`);
  }
  const mustBreak = searched.filter(({ strategy }) => !strategy.holds);
  return {
    schedules: searched.reduce((sum, { schedules }) => sum + schedules, 0),
    strategiesBroken: mustBreak.filter(({ counterexample }) => counterexample).length,
    strategiesTotal: mustBreak.length,
    surprises: searched.filter((one) => !isAsExpected(one)).map(({ strategy }) => strategy.name),
    searched,
    seconds: (performance.now() - beganAt) / 1_000,
  };
}

export function isAsExpected({ strategy, counterexample }: Searched): boolean {
  return strategy.holds === (counterexample === undefined);
}

export async function searchStrategy(
  strategy: Strategy,
  { pairsMax, kinds = faultKinds }: SearchOptions,
): Promise<Searched> {
  let schedules = 0;
  if (strategy.concurrently) {
    const { orders, violations } = await interleave(strategy.concurrently);
    schedules += orders;
    if (violations[0]) return { strategy, schedules, counterexample: violations[0] };
  }
  const singles = await searchSingles(strategy, kinds);
  schedules += singles.schedules;
  if (singles.counterexample || pairsMax === 0) return { ...singles, schedules };
  const pairs = await explore(strategy.scenario, { depth: 2, kinds, pairsMax, violationsMax: 1 });
  schedules += pairs.schedules - singles.schedules; // the singles once more, to find the pairs
  const [counterexample] = pairs.violations;
  return { strategy, schedules, ...(counterexample && { counterexample }) };
}

/** Deaths before all other faults: of the counterexamples with one fault, the one that people think of. */
async function searchSingles(strategy: Strategy, kinds: readonly FaultKind[]): Promise<Searched> {
  const { scenario } = strategy;
  const explorer = await openExplorer(scenario);
  try {
    const baseline = await explorer.run([]);
    const faults = furtherFaults(baseline, [], kindsOf(scenario, kinds));
    const deathsFirst = faults.toSorted((a, b) => Number(isDeath(b)) - Number(isDeath(a)));
    const open: Fault[][] = baseline.violations.length > 0 ? [[]] : deathsFirst.map((fault) => [fault]);
    for (const [index, schedule] of open.entries()) {
      const { calls, violations } = await explorer.run(schedule);
      if (violations.length === 0) continue;
      const counterexample = { scenario: scenario.name, faults: schedule, violations, calls };
      return { strategy, schedules: index + 2, counterexample };
    }
    return { strategy, schedules: open.length + 1 };
  } finally {
    await explorer.close();
  }
}

function isDeath({ kind }: Fault): boolean {
  return kind.startsWith("killed");
}

/** "killed after the 1st PutItem", or the calls of each process when there was no fault. */
export function sentenceOf({ faults, calls }: Counterexample): string {
  if (faults.length > 0) return faults.map(describeFault).join(", then ");
  const processes = [...new Set(calls.map(({ process }) => process))];
  const steps = calls
    .filter(({ command }) => command !== "answer")
    .map(({ process, command }) => `${"ABCDEFGH"[processes.indexOf(process)]} ${command}`);
  return `two at once: ${steps.join(", ")}`;
}
