// A long run: sends very many messages through the whole flow in real processes. No message is lost, no effect is applied
// twice, and no process holds more memory the longer it lives. After each leg it waits until all is idle and measures
// every process.
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { type Flow, startFlow } from "./flow.ts";
import { asksOf } from "./kills.ts";
import { type EarlyAndLate, earlyAndLate, memoryMeter, type RoleMemory } from "./memory.ts";
import { reconcile } from "./reconcile.ts";
import { type Snapshot, settle } from "./settle.ts";

export interface LongRunFigures {
  readonly messages: number;
  /** Of each role, at the end of each leg. */
  readonly memory: readonly RoleMemory[];
  readonly violations: readonly string[];
  readonly messagesPerSecond: number;
  readonly seconds: number;
}

export interface LongRunOptions {
  readonly messages: number;
  readonly seed: number;
  /** Looked at before each leg: when it is true, no other is begun, and what was entered is accounted for. */
  readonly isOver?: () => boolean;
  readonly onProgress?: (text: string) => void;
}

/** Asked, taken, approved. */
export const messagesPerAsk = 3;
const legs = 12;
const enteredTogether = 50;
const sayEveryMs = 15_000;
const quietMsMin = 300_000;
const quietMsPerAsk = 200;

export async function proveLongRun(options: LongRunOptions): Promise<LongRunFigures> {
  const { seed, isOver = () => false, onProgress = () => undefined } = options;
  const asks = asksOf({ count: Math.ceil(options.messages / messagesPerAsk), seed });
  const perLeg = Math.ceil(asks.length / legs);
  const meter = memoryMeter(() => ({
    "the local cloud": process.pid,
    "the tables' engine": flow.engines.tablesProcessId(),
  }));
  const flow: Flow = await startFlow({ shortVisibility: false, onEvent: meter.onEvent });
  try {
    const beganAt = performance.now();
    let entered = 0;
    while (entered < asks.length && !isOver()) {
      await leg(asks.slice(entered, entered + perLeg));
    }
    const messages = entered * messagesPerAsk;
    const seconds = (performance.now() - beganAt) / 1_000;
    const memory = meter.figures();
    return {
      messages,
      memory,
      violations: [
        ...(await reconcile(flow.cloud(), asks.slice(0, entered))),
        ...memory
          .map(earlyAndLate)
          .filter(({ leaks }) => leaks)
          .map(leakOf),
      ],
      messagesPerSecond: Math.round(messages / seconds),
      seconds,
    };

    async function leg(those: typeof asks): Promise<void> {
      const legBeganAt = performance.now();
      for (let start = 0; start < those.length; start += enteredTogether) {
        const together = those.slice(start, start + enteredTogether);
        await Promise.all(together.map((ask) => flow.enter(ask)));
        entered += together.length;
      }
      await atRest(flow.cloud(), entered);
      const legSeconds = (performance.now() - legBeganAt) / 1_000;
      await meter.measure();
      const rate = Math.round((those.length * messagesPerAsk) / legSeconds);
      onProgress(
        `long run: ${entered} of ${asks.length} asks done, ${rate} messages a second; ${latest(meter.figures())}`,
      );
    }

    async function atRest(cloud: LocalCloud, count: number): Promise<void> {
      let saidAt = performance.now();
      const withinMs = quietMsMin + perLeg * quietMsPerAsk;
      await settle(cloud, { asks: count, withinMs, onSnapshot: say });

      function say({ approved, waiting, rows }: Snapshot): void {
        if (performance.now() - saidAt < sayEveryMs) return;
        saidAt = performance.now();
        onProgress(
          `long run: ${count} asks entered, ${approved} done, ${waiting} messages in queues, ${rows} rows in the outbox`,
        );
      }
    }
  } finally {
    await flow.stop();
  }
}

function latest(memory: readonly RoleMemory[]): string {
  return memory.map(({ role, megabytes }) => `${role} ${megabytes.at(-1)} MB`).join(", ");
}

function leakOf({ role, early, late }: EarlyAndLate): string {
  return `G11: ${role} grew from ${early} to ${late} MB`;
}
