// The sources that deliver events to explored functions, in virtual time.
import type { Call } from "./call.ts";
import type { ExploredFunction, Platform } from "./invocation.ts";
import type { Outcomes } from "./outcomes.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Simulation } from "./simulation.ts";

export interface Source {
  /** Does what is due; false when nothing was. */
  poll(): Promise<boolean>;
  /** When more will be due, as far as it is known. */
  nextMs(): number | undefined;
  /** Hears of each call of an explored process: a source that nobody wrote to need not look again. */
  onCall?(call: Call): void;
  /** Hears what the engine answered. */
  onDone?(call: Call, output: unknown): void;
  /** Something happened behind its back: it looks again, and is not quiet any more. */
  pollAgain?(): void;
  /** Called when all else is quiet; false when it has nothing more to do. */
  whenQuiet?(): Promise<boolean>;
}

export interface SourceContext {
  readonly sandbox: Sandbox;
  readonly simulation: Simulation;
  readonly platform: Platform;
  readonly target: ExploredFunction;
  /** Asked at each batch that goes to the function: true when its first message is altered on the way. */
  readonly isAltered: () => boolean;
  readonly outcomes?: Outcomes | undefined;
}
