// Trouble for real processes: kills function processes at random, or stops them for a while and lets them go on.
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@essentially-once/testing/internal/explorer/seeded-random";

export interface ProcessFaults {
  readonly killed: () => number;
  readonly stopped: () => number;
  /** No more of it, and whatever is stopped goes on. */
  end(): Promise<void>;
}

const everyMsMax = 250;
/** Longer than the visibility timeout: a process that goes on after it is late. */
const stoppedMsMax = 7_000;
const killShare = 0.6;

export function startProcessFaults(
  processIds: () => readonly number[],
  { seed }: { seed: number },
): ProcessFaults {
  const random = seededRandom(seed);
  const frozen = new Map<number, NodeJS.Timeout>();
  let killed = 0;
  let stopped = 0;
  let over = false;
  const done = run();
  return {
    killed: () => killed,
    stopped: () => stopped,
    async end() {
      over = true;
      await done;
      for (const [processId, timer] of frozen) {
        clearTimeout(timer);
        signal(processId, "SIGCONT");
      }
    },
  };

  async function run(): Promise<void> {
    while (!over) {
      await sleep(random() * everyMsMax);
      const running = processIds();
      const processId = running[Math.floor(random() * running.length)];
      if (processId === undefined) continue;
      if (random() < killShare) kill(processId);
      else if (!frozen.has(processId)) freeze(processId, random() * stoppedMsMax);
    }
  }

  /** Also one that is stopped: else soon all are, and hold up what would come next. */
  function kill(processId: number): void {
    clearTimeout(frozen.get(processId));
    frozen.delete(processId);
    killed += Number(signal(processId, "SIGKILL"));
  }

  function freeze(processId: number, forMs: number): void {
    if (!signal(processId, "SIGSTOP")) return;
    stopped++;
    const timer = setTimeout(() => {
      frozen.delete(processId);
      signal(processId, "SIGCONT");
    }, forMs);
    frozen.set(processId, timer);
  }
}

/** False when the process has ended. */
function signal(processId: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(processId, name);
  } catch {
    return false;
  }
}
