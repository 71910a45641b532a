// Where the lines, counts and traces of a function go when not to the kit's own log and metrics. A middleware may
// bring one; it is asked for everything that the kit says of the function, also outside of that middleware.
import type { Envelope } from "../envelope/envelope.ts";
import type { LogLevel } from "./log-line.ts";
import type { Invocation } from "./scope.ts";

/** What it leaves out is done as if there were none. */
export interface Sink {
  readonly begin?: () => void;
  /** One line of the log; which levels are written is the sink's to decide. */
  readonly line?: (level: LogLevel, code: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Does the work on a message. */
  readonly perform?: <Result>(message: Envelope, work: () => Promise<Result>) => Promise<Result>;
  /** Writes what was counted: once an invocation, and again for what is counted after its end. */
  readonly counts?: (invocation: Invocation) => void;
  readonly end?: () => void;
}

/** Asked once, when the function is made. @param service the name under which it logs and counts */
export type SinkFor = (service: string) => Sink;
