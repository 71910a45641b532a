// The scope of a log line or a count: the invocation, and within it the message. Code that logs need not be given it: the
// scope follows the asynchronous calls, so messages processed side by side are not mixed up.
import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { Envelope } from "../envelope/envelope.ts";
import type { Sink } from "./sink.ts";
import { traceIdOf } from "./trace.ts";

export interface Invocation {
  /** The name under which the function logs and counts. */
  readonly service: string;
  readonly requestId: string;
  readonly coldStart: boolean;
  /** Metric → what was counted so far, or the last value of a gauge. */
  readonly counts: Map<string, number>;
  /** The messages of which something was counted. */
  readonly messages: Set<Envelope>;
  /** It has answered: what is counted now is late. */
  ended: boolean;
  readonly sink: Sink;
}

interface Scope {
  readonly invocation?: Invocation;
  readonly message?: Envelope;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Tells whoever binds a store to it which message, run of a handler and effect a call belongs to: the crash explorer does. */
export const callContext = channel("essentially-once");

export function duringInvocation<Result>(invocation: Invocation, work: () => Result): Result {
  return scopes.run({ invocation }, work);
}

/** The work on a message: everything that is logged during it has its ids. */
export function duringMessage<Result>(message: Envelope, work: () => Promise<Result>): Promise<Result> {
  const { perform } = currentInvocation()?.sink ?? {};
  const scoped = () => aboutMessage(message, () => (perform ? perform(message, work) : work()));
  return callContext.runStores({ message, run: {} }, scoped);
}

/** What is logged meanwhile has the ids of the message, though it is not the one that is worked on. */
export function aboutMessage<Result>(message: Envelope, work: () => Result): Result {
  return scopes.run({ ...scopes.getStore(), message }, work);
}

export function currentInvocation(): Invocation | undefined {
  return scopes.getStore()?.invocation;
}

/** The message that is worked on, for what is named after it or follows its trace. */
export function currentMessage(): Envelope | undefined {
  return scopes.getStore()?.message;
}

/** Snake case for what AWS's Powertools also log, so that one query finds the lines of both. */
export function scopeFields(): Readonly<Record<string, unknown>> {
  const { invocation, message } = scopes.getStore() ?? {};
  return {
    ...(invocation && {
      service: invocation.service,
      cold_start: invocation.coldStart,
      function_request_id: invocation.requestId,
    }),
    ...(message && {
      messageId: message.id,
      source: message.source,
      type: message.type,
      correlation_id: message.correlationid,
      trace_id: traceIdOf(message),
    }),
  };
}
