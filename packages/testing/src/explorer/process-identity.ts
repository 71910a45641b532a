// The process of an explored invocation, known by its async context to all code that it calls. A killed process does
// nothing more, a frozen one nothing until it thaws: each call and each timer checks here first.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Simulation } from "./simulation.ts";

export interface ExploredProcess {
  /** `reserve-credit 2`: the second process of that function in this run. */
  readonly name: string;
  readonly simulation: Simulation;
  state: "running" | "frozen" | "killed";
  /** Hears that it was killed or frozen. */
  onStop(): void;
}

const processes = new AsyncLocalStorage<ExploredProcess>();

/** The process that the caller belongs to; undefined for the explorer itself and its engines. */
export function currentProcess(): ExploredProcess | undefined {
  return processes.getStore();
}

export function runAs<Result>(process: ExploredProcess, work: () => Result): Result {
  return processes.run(process, work);
}

export function stopProcess(process: ExploredProcess, state: "frozen" | "killed"): void {
  process.state = state;
  process.onStop();
}

/** What a killed process waits for. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
