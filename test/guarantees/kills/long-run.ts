// A long run: very many messages through the whole flow in real processes, nothing lost, nothing twice, and no
// function that holds more memory the longer it lives.
import { readFile } from "node:fs/promises";
import { startFlow } from "./flow.ts";
import { asksOf } from "./kills.ts";
import { settle } from "./quiet.ts";
import { reconcile } from "./reconcile.ts";

export interface LongRunFigures {
  readonly messages: number;
  /** The largest function process, early in the run and at its end, in megabytes. */
  readonly earlyMegabytes: number;
  readonly lateMegabytes: number;
  readonly violations: readonly string[];
  readonly messagesPerSecond: number;
  readonly seconds: number;
}

/** Asked, taken, approved. */
const messagesPerAsk = 3;
const enteredTogether = 50;
/** Early is when each process has seen enough to be warm. */
const earlyShare = 0.3;
/** A process that has room takes it, until its collector is asked to; beyond this it is a leak. */
const growthMax = 1.5;
const growthMegabytesMin = 40;
const quietMsMin = 300_000;
const quietMsPerAsk = 200;

export async function proveLongRun({
  messages,
  seed,
  onProgress = () => undefined,
}: {
  readonly messages: number;
  readonly seed: number;
  readonly onProgress?: (text: string) => void;
}): Promise<LongRunFigures> {
  const asks = asksOf({ count: Math.ceil(messages / messagesPerAsk), seed });
  const flow = await startFlow({ shortVisibility: false });
  try {
    const beganAt = performance.now();
    const withinMs = quietMsMin + asks.length * quietMsPerAsk;
    let earlyMegabytes = 0;
    for (let start = 0; start < asks.length; start += enteredTogether) {
      await Promise.all(asks.slice(start, start + enteredTogether).map((ask) => flow.enter(ask)));
      const entered = Math.min(start + enteredTogether, asks.length);
      if (earlyMegabytes === 0 && entered >= asks.length * earlyShare) {
        await settle(flow.cloud(), { asks: entered, withinMs });
        earlyMegabytes = await largestMegabytes(flow.cloud().processIds());
        onProgress(
          `long run: ${entered} of ${asks.length} asks done, the largest process has ${earlyMegabytes} MB`,
        );
      }
    }
    await settle(flow.cloud(), { asks: asks.length, withinMs });
    const seconds = (performance.now() - beganAt) / 1_000;
    const lateMegabytes = await largestMegabytes(flow.cloud().processIds());
    const grown = lateMegabytes > Math.max(earlyMegabytes * growthMax, earlyMegabytes + growthMegabytesMin);
    return {
      messages: asks.length * messagesPerAsk,
      earlyMegabytes,
      lateMegabytes,
      violations: [
        ...(await reconcile(flow.cloud(), asks)),
        ...(grown ? [`G11: a process grew from ${earlyMegabytes} to ${lateMegabytes} MB`] : []),
      ],
      messagesPerSecond: Math.round((asks.length * messagesPerAsk) / seconds),
      seconds,
    };
  } finally {
    await flow.stop();
  }
}

/** 0 where /proc is not there to be asked. */
async function largestMegabytes(processIds: readonly number[]): Promise<number> {
  const each = await Promise.all(
    processIds.map(async (processId) => {
      const status = await readFile(`/proc/${processId}/status`, "utf8").catch(() => "");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    }),
  );
  return Math.round(Math.max(0, ...each) / 1024);
}
