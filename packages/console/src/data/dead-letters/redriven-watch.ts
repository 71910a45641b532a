// Looks whether the redriven messages have ended, and tells the pages: on a stage nothing else does.
//
//   G11. A look hides dead letters from other readers for a moment, so looks become rarer the longer it takes.

import type { History } from "./history.ts";
import type { Turns } from "./turns.ts";

export interface RedrivenWatch {
  /** Something was redriven just now. */
  begin(): void;
  stop(): void;
}

export interface RedrivenWatchOptions {
  readonly history: Pick<History, "look" | "underWay">;
  readonly turns: Turns;
  /** The messages on their way changed. */
  readonly tell: () => void;
}

const FIRST_MS = 1_000;
const LAST_MS = 15_000;
const FACTOR = 1.5;

export function redrivenWatch({ history, turns, tell }: RedrivenWatchOptions): RedrivenWatch {
  let timer: NodeJS.Timeout | undefined;
  let afterMs = FIRST_MS;
  let isStopped = false;
  let told = "";

  function wait(): void {
    clearTimeout(timer);
    if (isStopped || told === NOTHING) return;
    timer = setTimeout(() => void look(), afterMs).unref();
    afterMs = Math.min(LAST_MS, afterMs * FACTOR);
  }

  async function look(): Promise<void> {
    if (!turns.isBusy) await turns.take(history.look).catch(() => undefined); // the next look may succeed
    if (isStopped) return;
    const now = JSON.stringify(history.underWay());
    if (now !== told) tell();
    told = now;
    wait();
  }

  return {
    begin() {
      told = JSON.stringify(history.underWay());
      afterMs = FIRST_MS;
      wait();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

const NOTHING = "[]";
