// Real processes die, stop and go on while a flow runs; the tables' engine is killed and comes back on its files, and
// the local cloud is restarted. Afterwards everything is as if nothing had happened.
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";
import { type Ask, type Flow, startFlow, tills } from "./flow.ts";
import { startProcessFaults } from "./process-faults.ts";
import { reconcile } from "./reconcile.ts";
import { settle } from "./settle.ts";

export interface KillsFigures {
  readonly asks: number;
  readonly killed: number;
  readonly stopped: number;
  readonly engineKills: number;
  readonly cloudRestarts: number;
  /** Dead letters that an operator's redrive brought back. */
  readonly redriven: number;
  readonly violations: readonly string[];
  readonly seconds: number;
}

export interface KillsOptions {
  readonly asks: number;
  readonly seed: number;
  /** Looked at before each ask: when it is true, no other is entered. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (text: string) => void;
}

const enterEveryMs = 100;
const quietMsMax = 300_000;

export async function proveKills({
  asks: count,
  seed,
  isOver = () => false,
  onProgress = () => undefined,
}: KillsOptions): Promise<KillsFigures> {
  const beganAt = performance.now();
  const flow = await startFlow({ shortVisibility: true });
  try {
    onProgress("kills: the flow is up");
    const trouble = startProcessFaults(() => flow.cloud().processIds(), { seed });
    const planned = asksOf({ count, seed });
    const { entered, ...restarts } = await enterAll(flow, planned, { isOver, onProgress });
    const asks = planned.slice(0, entered);
    await trouble.end();
    const [killed, stopped] = [trouble.killed(), trouble.stopped()];
    onProgress(`kills: ${entered} asks entered, ${killed} processes killed, ${stopped} stopped for a while`);
    const redriven = await settle(flow.cloud(), { asks: entered, withinMs: quietMsMax });
    const violations = await reconcile(flow.cloud(), asks);
    const seconds = (performance.now() - beganAt) / 1_000;
    return { asks: entered, killed, stopped, ...restarts, redriven, violations, seconds };
  } finally {
    await flow.stop();
  }
}

/** In turn, after so many asks each: the tables' engine dies, the local cloud is restarted. */
const upheavalEvery = 60;

async function enterAll(
  flow: Flow,
  asks: readonly Ask[],
  { isOver, onProgress }: { readonly isOver: () => boolean; readonly onProgress: (text: string) => void },
) {
  let [entered, engineKills, cloudRestarts] = [0, 0, 0];
  for (const ask of asks) {
    if (isOver()) break;
    if (entered > 0 && entered % upheavalEvery === 0) await upheaval();
    await flow.enter(ask);
    entered++;
    await sleep(enterEveryMs);
  }
  return { entered, engineKills, cloudRestarts };

  async function upheaval(): Promise<void> {
    if (engineKills === cloudRestarts) {
      await flow.engines.killTables();
      engineKills++;
      onProgress(`kills: ${entered} asks entered; the tables' engine was killed, and is back on its files`);
    } else {
      await flow.restartCloud();
      cloudRestarts++;
      onProgress(`kills: ${entered} asks entered; the local cloud was restarted`);
    }
  }
}

export function asksOf({ count, seed }: { count: number; seed: number }): Ask[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => ({
    id: `ask-${seed}-${index + 1}`,
    till: tills[Math.floor(random() * tills.length)] ?? tills[0],
    amount: 1 + Math.floor(random() * 100),
  }));
}
