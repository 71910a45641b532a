// One run in virtual time. Explored processes go on until each is stopped at a call, waits for a timer, or has
// ended; only then the next thing happens: one call is let through, or, when none waits, the clock moves to the
// next timer. So a run depends on nothing but its schedule, and no wait takes time.
import type { Call, CallOutput, Carrier } from "./call.ts";
import type { ExploredProcess } from "./process-identity.ts";
import { seededRandom } from "./seeded-random.ts";

export interface Waiting {
  readonly call: Call;
  /** Lets the call happen; resolves when it has, or when something else must happen first. */
  go(): Promise<void>;
}

export interface Timer {
  readonly process: ExploredProcess;
  readonly atMs: number;
  fire(): void;
}

/**
 * Chooses who goes next among those that are stopped at a call, oldest first. Nothing of one era can change places with
 * anything of another: an era ends when nobody has a call to make.
 */
export type Choose = (waiting: readonly Waiting[], era: number) => Waiting;

export interface Simulation {
  nowMs(): number;
  /** Moves the clock; timers that are due fire when `drive` comes to them. */
  advanceTo(ms: number): void;
  addTimer(timer: Timer): () => void;
  addWaiting(waiting: Waiting): void;
  /** Counts work in progress that ends by itself, in real time. */
  begin(): () => void;
  /** Lets things happen until it is so. @throws Error when nothing can happen any more */
  drive(isDone: () => boolean): Promise<void>;
  /** True when something explored could still happen without the clock. */
  hasWaiting(): boolean;
  /** Chance is each process' own: what one does changes nothing for another. */
  random(process: ExploredProcess): number;
  /** Where the clients of explored processes come by. */
  gate(wanted: Omit<Call, "nth">, carrier: Carrier): Promise<CallOutput>;
  /** Hears of calls that no gate holds up. */
  readonly seen?: ((call: Omit<Call, "nth">) => void) | undefined;
  /** What the explored code logged. */
  readonly logs: Readonly<Record<string, unknown>>[];
}

/** Turns of the event loop without news, after which everything explored is taken to stand still. */
const stillTurns = 3;
const stuckMs = 5_000;

export function simulation({
  startMs,
  choose = oldest,
  gate,
  seen,
}: {
  startMs: number;
  choose?: Choose | undefined;
  gate: Simulation["gate"];
  seen?: Simulation["seen"];
}): Simulation {
  let nowMs = startMs;
  let busy = 0;
  let news = 0;
  let era = 0;
  let wake: (() => void) | undefined;
  const timers = new Set<Timer>();
  const waiting = new Set<Waiting>();
  const chances = new Map<string, () => number>();

  return {
    nowMs: () => nowMs,
    advanceTo(ms) {
      nowMs = Math.max(nowMs, ms);
    },
    addTimer(timer) {
      timers.add(timer);
      news++;
      return () => void timers.delete(timer);
    },
    addWaiting(one) {
      waiting.add(one);
      news++;
    },
    begin() {
      let open = true;
      busy++;
      return function end() {
        if (!open) return;
        open = false;
        busy--;
        news++;
        if (busy === 0) wake?.();
      };
    },
    drive,
    hasWaiting: () => runnable().length > 0,
    random({ name }) {
      const chance = chances.get(name) ?? seededRandom(name.length);
      chances.set(name, chance);
      return chance();
    },
    gate,
    seen,
    logs: [],
  };

  async function drive(isDone: () => boolean): Promise<void> {
    era++;
    for (;;) {
      await untilStill();
      if (isDone()) return;
      const stopped = runnable();
      if (stopped.length > 0) {
        const chosen = choose(stopped, era);
        waiting.delete(chosen);
        await chosen.go();
      } else if (!fireNext()) {
        await untilNews();
      }
    }
  }

  function runnable(): Waiting[] {
    return [...waiting].filter(({ call }) => call.process.state === "running");
  }

  function fireNext(): boolean {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.process.state === "running" && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    if (next === undefined) return false;
    timers.delete(next);
    era++;
    nowMs = Math.max(nowMs, next.atMs);
    next.fire();
    return true;
  }

  async function untilStill(): Promise<void> {
    for (let still = 0, seen = news; still < stillTurns; still++) {
      if (busy > 0) await new Promise<void>((resolve) => (wake = resolve));
      await new Promise((resolve) => setImmediate(resolve));
      if (news !== seen || busy > 0) {
        seen = news;
        still = -1;
      }
    }
  }

  /** Waits for work that the explorer does not see (a file, a socket of its own). */
  async function untilNews(): Promise<void> {
    const seen = news;
    const givesUpAt = performance.now() + stuckMs;
    while (news === seen) {
      if (performance.now() > givesUpAt) {
        throw new Error(`nothing explored moves any more, and no timer is set, for ${stuckMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
      news += busy > 0 ? 1 : 0;
    }
  }
}

function oldest([first]: readonly Waiting[]): Waiting {
  if (first === undefined) throw new Error("there is nobody to choose from");
  return first;
}
