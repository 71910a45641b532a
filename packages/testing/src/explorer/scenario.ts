// A scenario to explore: the functions, the sources of their events, the state at the beginning, and the invariants that
// must hold at the end.
import type { FaultKind } from "./fault.ts";
import type { OwnCalls } from "./own-calls.ts";
import type { HandlerSource } from "./program.ts";
import type { QueueSourceOptions } from "./queue-source.ts";
import type { Sandbox, SandboxPlan } from "./sandbox.ts";
import type { RequestSourceOptions, ScheduleSourceOptions } from "./schedule-source.ts";
import type { StreamSourceOptions } from "./stream-source.ts";

export interface Scenario {
  readonly name: string;
  readonly sandbox: SandboxPlan;
  readonly functions: readonly ScenarioFunction[];
  /** Kinds of fault that prove nothing here, each with its reason. */
  readonly without?: Exclusions;
  /** What the handler calls itself is looked at: see own-calls.ts. */
  readonly ownCalls?: OwnCalls;
  /** Its messages are signed, so that altering them on their way is a fault to survive. */
  readonly tampering?: boolean;
  /** Sets the run up. `unique` tells its ids from those of every other run. */
  begin(sandbox: Sandbox, unique: string): Promise<Ending>;
}

export type Exclusions = Partial<Readonly<Record<FaultKind, Exclusion>>>;

/** The reason why a kind of fault proves nothing, at any call or at these commands alone. */
export type Exclusion = string | { readonly at: readonly string[]; readonly because: string };

export interface ScenarioFunction {
  readonly handler: HandlerSource;
  readonly name?: string;
  readonly timeoutSeconds?: number;
  readonly by: Trigger;
}

export type Trigger =
  | ({ readonly kind: "queue" } & QueueSourceOptions)
  | ({ readonly kind: "stream" } & StreamSourceOptions)
  | ({ readonly kind: "schedule" } & ScheduleSourceOptions)
  | ({ readonly kind: "request" } & Omit<RequestSourceOptions, "events" | "onAnswer">);

export interface Ending {
  /** Variables of this run alone. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The requests that a caller makes, and whether an answer contents him. */
  readonly requests?: Pick<RequestSourceOptions, "events" | "onAnswer">;
  /** What does not hold, each with the id of its promise first; empty when all is well. */
  violations(seen: Seen): Promise<readonly string[]>;
  /** Done when nothing is left to be delivered, before `violations`: an operator's redrive, for one. True when it did something. */
  whenQuiet?(): Promise<boolean>;
}

export interface Seen {
  /** What the functions logged. */
  readonly logs: readonly Readonly<Record<string, unknown>>[];
}
