// Every order in which concurrent workers can make their calls: depth first over who goes next, each order run from
// the beginning. A worker's own calls keep their order; its answer touches nothing that another sees, and goes first.
import { answerCommand } from "./call.ts";
import type { Counterexample } from "./explore.ts";
import { openExplorer } from "./explorer.ts";
import type { Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import type { Choose, Waiting } from "./simulation.ts";

export interface InterleaveOptions {
  readonly ordersMax?: number;
  readonly secondsMax?: number;
  readonly violationsMax?: number;
  readonly onProgress?: (interleavings: Interleavings) => void;
}

export interface Interleavings {
  readonly scenario: string;
  readonly orders: number;
  /** True when there is no other order. */
  readonly complete: boolean;
  readonly violations: readonly Counterexample[];
  readonly seconds: number;
}

/** One choice of an order: which of how many went. */
interface Turn {
  readonly chosen: number;
  readonly of: number;
}

export async function interleave(
  scenario: Scenario,
  { ordersMax = 100_000, secondsMax = 3_600, violationsMax = 1, onProgress }: InterleaveOptions = {},
): Promise<Interleavings> {
  const beganAt = performance.now();
  const violations: Counterexample[] = [];
  const explorer = await openExplorer(scenario);
  let orders = 0;
  let next: readonly number[] | undefined = [];
  try {
    while (next !== undefined && orders < ordersMax && violations.length < violationsMax) {
      if (performance.now() - beganAt > secondsMax * 1_000) break;
      const { choose, turns } = following(next);
      const run: Run = await explorer.run([], choose);
      orders++;
      if (run.violations.length > 0) {
        violations.push({
          scenario: scenario.name,
          faults: [],
          violations: run.violations,
          calls: run.calls,
        });
      }
      next = nextOrder(turns);
      onProgress?.(state());
    }
  } finally {
    await explorer.close();
  }
  return state();

  function state(): Interleavings {
    const seconds = (performance.now() - beganAt) / 1_000;
    return { scenario: scenario.name, orders, complete: next === undefined, violations, seconds };
  }
}

/** Chooses as the order says as far as it goes, then always the first, and notes what there was to choose from. */
function following(order: readonly number[]): { choose: Choose; turns: Turn[] } {
  const turns: Turn[] = [];
  return {
    turns,
    choose(waiting) {
      const answer = waiting.find(({ call }) => call.command === answerCommand);
      if (answer) return answer;
      const candidates = firstOfEach(waiting);
      if (candidates.length === 1) return candidates[0] as Waiting;
      const chosen = Math.min(order[turns.length] ?? 0, candidates.length - 1);
      turns.push({ chosen, of: candidates.length });
      return candidates[chosen] as Waiting;
    },
  };
}

function firstOfEach(waiting: readonly Waiting[]): Waiting[] {
  const byProcess = new Map(waiting.toReversed().map((one) => [one.call.process.name, one]));
  return [...byProcess].sort(([a], [b]) => a.localeCompare(b)).map(([, one]) => one);
}

/** The next order in depth-first order; undefined after the last. */
function nextOrder(turns: readonly Turn[]): number[] | undefined {
  const last = turns.findLastIndex(({ chosen, of }) => chosen + 1 < of);
  if (last === -1) return undefined;
  return turns.slice(0, last + 1).map(({ chosen }, index) => (index === last ? chosen + 1 : chosen));
}
