// Every order in which concurrent workers can make their calls: depth first over who goes next, each order run from
// the beginning, one of those that come to the same (order-search.ts). A worker's own calls keep their order; its answer
// touches nothing that another sees, and goes first.
import { answerCommand } from "./call.ts";
import type { Counterexample } from "./explore.ts";
import { openExplorer } from "./explorer.ts";
import { footprintOf } from "./footprint.ts";
import { type OrderSearch, orderSearch } from "./order-search.ts";
import type { Scenario } from "./scenario.ts";
import type { Choose, Waiting } from "./simulation.ts";

export interface InterleaveOptions {
  readonly ordersMax?: number;
  readonly secondsMax?: number;
  readonly violationsMax?: number;
  /** False runs also the orders that come to the same. */
  readonly reduced?: boolean;
  readonly onProgress?: (interleavings: Interleavings) => void;
}

export interface Interleavings {
  readonly scenario: string;
  readonly orders: number;
  /** True when there is no other order that could come to something else. */
  readonly complete: boolean;
  readonly violations: readonly Counterexample[];
  readonly seconds: number;
}

export async function interleave(
  scenario: Scenario,
  options: InterleaveOptions = {},
): Promise<Interleavings> {
  const { ordersMax = 100_000, secondsMax = 3_600, violationsMax = 1, reduced = true, onProgress } = options;
  const beganAt = performance.now();
  const violations: Counterexample[] = [];
  const search = orderSearch({ reduced });
  const explorer = await openExplorer(scenario);
  let orders = 0;
  let complete = false;
  try {
    while (!complete && orders < ordersMax && violations.length < violationsMax) {
      if (performance.now() - beganAt > secondsMax * 1_000) break;
      const run = await explorer.run([], following(search));
      orders++;
      if (run.violations.length > 0) {
        violations.push({
          scenario: scenario.name,
          faults: [],
          violations: run.violations,
          calls: run.calls,
          messages: run.messages,
        });
      }
      complete = !search.next();
      onProgress?.(state());
    }
  } finally {
    await explorer.close();
  }
  return state();

  function state(): Interleavings {
    const seconds = (performance.now() - beganAt) / 1_000;
    return { scenario: scenario.name, orders, complete, violations, seconds };
  }
}

function following(search: OrderSearch): Choose {
  return function choose(waiting, era) {
    const answer = waiting.find(({ call }) => call.command === answerCommand);
    if (answer) return answer;
    const stopped = firstOfEach(waiting);
    const candidates = stopped.map(({ call }) => ({
      process: call.process.name,
      footprint: footprintOf(call),
    }));
    const chosen = search.choose(candidates, era);
    return stopped.find(({ call }) => call.process.name === chosen) as Waiting;
  };
}

function firstOfEach(waiting: readonly Waiting[]): Waiting[] {
  const byProcess = new Map(waiting.toReversed().map((one) => [one.call.process.name, one]));
  return [...byProcess].sort(([a], [b]) => a.localeCompare(b)).map(([, one]) => one);
}
