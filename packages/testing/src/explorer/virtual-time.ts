// Replaces time and randomness for the code of an explored process: its timers, time limits, clock and random numbers are
// those of its run. All other code in this Node process has the real ones.
import { AsyncLocalStorage } from "node:async_hooks";
import { setClock } from "@essentially-once/messaging/clock";
import { isLogLine, logStreams } from "../support/is-log-line.ts";
import { currentProcess, type ExploredProcess } from "./process-identity.ts";

let installed = false;

/** Once a Node process; it changes nothing for code that is not explored. */
export function installVirtualTime(): void {
  if (installed) return;
  installed = true;
  const real = { setTimeout, clearTimeout, now: Date.now, random: Math.random };
  const limit = AbortSignal.timeout.bind(AbortSignal);

  globalThis.setTimeout = function timer(act: (...given: unknown[]) => void, ms = 0, ...given: unknown[]) {
    const owner = currentProcess();
    if (owner === undefined) return real.setTimeout(act, ms, ...given);
    return virtualTimer(owner, () => act(...given), ms);
  } as typeof setTimeout;
  globalThis.clearTimeout = function clear(timer: unknown) {
    if (timer instanceof VirtualTimer) timer.clear();
    else real.clearTimeout(timer as NodeJS.Timeout);
  } as typeof clearTimeout;
  AbortSignal.timeout = function timeLimit(ms) {
    const owner = currentProcess();
    if (owner === undefined) return limit(ms);
    const controller = new AbortController();
    const reason = () => new DOMException("The operation was aborted due to timeout", "TimeoutError");
    virtualTimer(owner, () => controller.abort(reason()), ms);
    return controller.signal;
  };
  Date.now = () => currentProcess()?.simulation.nowMs() ?? real.now();
  setClock(() => currentProcess()?.simulation.nowMs() ?? real.now());
  Math.random = function chance() {
    const owner = currentProcess();
    return owner === undefined ? real.random() : owner.simulation.random(owner);
  };
  for (const stream of logStreams) {
    const write = stream.write.bind(stream);
    stream.write = function writeOrKeep(chunk: unknown, ...rest: never[]): boolean {
      const owner = currentProcess();
      if (owner === undefined || !isLogLine(chunk)) return write(chunk as string, ...rest);
      owner.simulation.logs.push(JSON.parse(chunk));
      return true;
    } as typeof stream.write;
  }
}

/** What Node's timers are to the code that holds one. */
class VirtualTimer {
  readonly clear: () => void;
  constructor(clear: () => void) {
    this.clear = clear;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  refresh(): this {
    return this;
  }
}

function virtualTimer(owner: ExploredProcess, act: () => void, ms: number): VirtualTimer {
  const { simulation } = owner;
  const atMs = simulation.nowMs() + Math.max(0, Number(ms) || 0);
  const asBefore = AsyncLocalStorage.snapshot(); // as Node's timers do: what it calls is the process' own
  return new VirtualTimer(simulation.addTimer({ process: owner, atMs, fire: () => asBefore(act) }));
}
