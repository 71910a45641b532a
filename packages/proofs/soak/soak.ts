// The soak: worlds made by fast-check from a seed, each run by the explorer. A world that breaks a promise is made
// smaller as long as it still does; seed and path bring it back.

import { answerCommand } from "@essentially-once/testing/internal/explorer/call";
import { openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import { describeFault, type FaultKind } from "@essentially-once/testing/internal/explorer/fault";
import type { Run } from "@essentially-once/testing/internal/explorer/run";
import { kindsOf } from "@essentially-once/testing/internal/explorer/schedules";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import type { Choose } from "@essentially-once/testing/internal/explorer/simulation";
import * as fc from "fast-check";
import { type SoakMode, soakModes, soakScenario } from "./soak-modes.ts";
import { type World, worldArbitrary } from "./world.ts";

export interface SoakOptions {
  readonly mode: SoakMode;
  readonly worlds: number;
  readonly seed: number;
  /** Of a counterexample, to see it again. */
  readonly path?: string;
  /** Makes no other world after so long. */
  readonly secondsMax?: number;
  readonly onProgress?: (worlds: number) => void;
}

export interface SoakFigures {
  readonly mode: string;
  /** Worlds that were run, those on the way to a smaller counterexample included. */
  readonly worlds: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** The smallest world that breaks a promise, to be read. */
  readonly violation?: string;
  readonly seconds: number;
}

export async function soak({
  mode,
  worlds,
  seed,
  path,
  secondsMax,
  onProgress,
}: SoakOptions): Promise<SoakFigures> {
  const beganAt = performance.now();
  let world: World = { deposits: [{ account: 0, amount: 1 }], again: [0], faults: [], turns: 0 };
  const scenario = soakScenario(mode, () => world);
  const explorer = await openExplorer(scenario);
  const faults: Partial<Record<FaultKind, number>> = {};
  let runs = 0;
  try {
    const { calls } = await tryOut(world);
    const commands = [...new Set(calls.map(({ command }) => command))];
    const arbitrary = worldArbitrary({ accounts: mode.accounts, commands, kinds: kindsOf(scenario) });
    const property = fc.asyncProperty(arbitrary, async (made) => {
      const { violations } = await tryOut(made);
      if (violations.length > 0) throw new Error(violations.join("; "));
    });
    const details = await fc.check(property, {
      seed,
      numRuns: worlds,
      ...(path !== undefined && { path }),
      ...(secondsMax !== undefined && { interruptAfterTimeLimit: secondsMax * 1_000 }),
    });
    const violation = details.failed ? told(mode, details) : undefined;
    return { ...figures(), ...(violation !== undefined && { violation }) };
  } finally {
    await explorer.close();
  }

  async function tryOut(made: World): Promise<Run> {
    world = made;
    const run = await explorer.run(made.faults, made.turns === 0 ? undefined : byChance(made.turns));
    runs++;
    for (const { kind } of run.fired) faults[kind] = (faults[kind] ?? 0) + 1;
    onProgress?.(runs);
    return run;
  }

  function figures(): SoakFigures {
    return { mode: mode.name, worlds: runs, faults, seconds: (performance.now() - beganAt) / 1_000 };
  }
}

export function soakModeOf(name: string): SoakMode {
  const found = soakModes.find((mode) => mode.name === name);
  if (found) return found;
  throw new Error(
    `there is no mode ${name} to soak; there are ${soakModes.map((mode) => mode.name).join("; ")}`,
  );
}

/** An answer touches nothing that another sees, and goes first. */
function byChance(seed: number): Choose {
  const random = seededRandom(seed);
  return function choose(waiting) {
    const answer = waiting.find(({ call }) => call.command === answerCommand);
    const chosen = answer ?? waiting[Math.floor(random() * waiting.length)];
    if (chosen === undefined) throw new Error("there is nobody to choose from");
    return chosen;
  };
}

function told({ name }: SoakMode, details: fc.RunDetails<[World]>): string {
  const [world] = details.counterexample ?? [];
  const faults = world?.faults.map(describeFault).join(", then ") || "without any fault";
  return [
    `soak, ${name}: ${faults}`,
    `  ✗ ${details.errorInstance instanceof Error ? details.errorInstance.message : details.errorInstance}`,
    `  world: ${JSON.stringify(world)}`,
    `  seed ${details.seed}, path ${details.counterexamplePath}, made smaller ${details.numShrinks} times`,
  ].join("\n");
}
