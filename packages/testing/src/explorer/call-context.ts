// The message, the run of its handler and the effect that a call belongs to. The kit reports them on one of Node's
// diagnostics channels, so they are known whichever copy of the kit a bundle holds.
import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { Envelope } from "@essentially-once/messaging/envelope";

export interface CallContext {
  readonly message?: Envelope;
  /** The same object for all calls of one run of the handler. */
  readonly run?: object;
  /** Present inside `effect()`. */
  readonly effect?: string;
}

const callContexts = new AsyncLocalStorage<CallContext>();

/** Once a Node process. */
export function followCallContexts(): void {
  channel("essentially-once").bindStore(callContexts, (told) => ({
    ...callContexts.getStore(),
    ...(told as CallContext),
  }));
}

export function currentCallContext(): CallContext {
  return callContexts.getStore() ?? {};
}
