// A call out of an explored process: one attempt of an AWS command, one HTTP request of another client, or the
// answer of the function. Addressed as (command, nth), counted over the whole run, so that a fault stays where it
// was when the schedule around it changes a little.
import type { CallContext } from "./call-context.ts";
import type { ExploredProcess } from "./process-identity.ts";

export interface Call {
  /** `TransactWriteItems`, `POST /consignments`, or `answer`. */
  readonly command: string;
  /** From 1; 0 as long as it waits. */
  nth: number;
  readonly process: ExploredProcess;
  /** The input of the command. */
  readonly input: unknown;
  /** The same for all attempts of one command. */
  readonly logical: object;
  readonly belongs?: CallContext | undefined;
  /** Of the moment at which the client was asked. */
  readonly stack?: Error | undefined;
}

export const answerCommand = "answer";

/** A batch on its way from a queue to a function. Nobody makes this call; it is one where messages may be altered on the way. */
export const deliveryCommand = "delivery";

/** How a call is carried out: really, or towards a place that never answers. */
export interface Carrier {
  perform(input?: unknown): Promise<CallOutput>;
  /** Resolves never, or rejects when the caller's own time limit ends it. */
  hang(): Promise<CallOutput>;
}

/** What the middleware stack hands up: `output` is the parsed answer. */
export interface CallOutput {
  output: unknown;
  response: unknown;
}

export function ordinal(nth: number): string {
  const tens = nth % 100;
  const suffix = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][nth % 10] ?? "th");
  return `${nth}${suffix}`;
}
