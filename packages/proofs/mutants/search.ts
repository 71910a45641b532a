// A check by the explorer, in a process of its own, whose working directory is the tree to be checked:
// `node packages/proofs/mutants/search.ts faults "rows, group commit"` prints the first counterexample, if there is one.
import { type Counterexample, explore } from "@essentially-once/testing/internal/explorer/explore";
import { interleave } from "@essentially-once/testing/internal/explorer/interleave";
import { concurrentScenarios, scenarios } from "../scenarios/all.ts";
import { sentenceOf } from "../strategies/search.ts";

export interface Found {
  /** What breaks it, and what then does not hold; absent when all holds. */
  readonly sentence?: string;
  readonly schedules: number;
}

const [, , kind = "", name = "", singlesMax] = process.argv;
process.stdout.write(`${JSON.stringify(await search())}\n`, () => process.exit(0));

async function search(): Promise<Found> {
  if (kind === "orders") {
    const found = await inTurn(
      concurrentScenarios().filter((one) => one.name === name),
      async (one) => {
        const { orders, violations } = await interleave(one);
        return { schedules: orders, violations };
      },
    );
    return found;
  }
  return inTurn(
    scenarios().filter((one) => one.name === name),
    (one) =>
      explore(one, {
        depth: 1,
        violationsMax: 1,
        ...(singlesMax !== undefined && { singlesMax: Number(singlesMax) }),
      }),
  );
}

async function inTurn<One>(
  scenarios: readonly One[],
  explored: (one: One) => Promise<{ schedules: number; violations: readonly Counterexample[] }>,
): Promise<Found> {
  if (scenarios.length === 0) throw new Error(`there is no scenario ${name} for ${kind}`);
  let total = 0;
  for (const scenario of scenarios) {
    const { schedules, violations } = await explored(scenario);
    total += schedules;
    const [counterexample] = violations;
    if (counterexample) return { schedules: total, sentence: told(counterexample) };
  }
  return { schedules: total };
}

function told(counterexample: Counterexample): string {
  const { faults, violations } = counterexample;
  const how = faults.length === 0 && kind === "faults" ? "without any fault" : sentenceOf(counterexample);
  return `${how}: ${violations[0]}`;
}
