// What is simulated: the load, what goes wrong, how the consumer is set, and what a message costs in its mode.
import type { Mode } from "../scaling/modes.ts";

export interface Scenario extends Mode {
  /** Messages a second, and for how long. */
  readonly rate: number;
  readonly seconds: number;
  /** More messages a second for a while. */
  readonly burst?: Span & { readonly rate: number };
  /** What the consumer depends on fails every run. */
  readonly outage?: Span;
  /** The share of all messages that belong to one key, 0 to 1. */
  readonly hotKey: number;
  /** How many other keys there are: a FIFO queue hands out a key once at a time. */
  readonly keys: number;
  readonly fifo: boolean;
  /** The mapping has pollers of its own: it starts higher and grows faster. */
  readonly provisioned: boolean;
  readonly maxConcurrency: number;
  /** Of all functions of the account together; the consumer is alone here. */
  readonly accountConcurrency: number;
  readonly batchSize: number;
  readonly maxReceiveCount: number;
  /** An invocation, whatever is in it. */
  readonly invocationMs: number;
  /** A commit: messages of one key wait for it, one after the other. */
  readonly commitMs: number;
  /** What the table with the most writes can take at the start. */
  readonly tableWritesPerSecond: number;
  readonly memoryMegabytes: number;
}

export interface Span {
  readonly fromSecond: number;
  readonly forSeconds: number;
}

export function isWithin(second: number, span: Span | undefined): boolean {
  return span !== undefined && second >= span.fromSecond && second < span.fromSecond + span.forSeconds;
}
