// What a call belongs to: a message, a run of its handler, an effect. The kit says so on a channel of Node's own, so it
// is known whichever copy of the kit a bundle holds.
import { AsyncLocalStorage } from "node:async_hooks";
import { channel } from "node:diagnostics_channel";
import type { Envelope } from "@essentially-once/messaging/envelope";

export interface Belonging {
  readonly message?: Envelope;
  /** The same object for all calls of one run of the handler. */
  readonly run?: object;
  /** Present inside `effect()`. */
  readonly effect?: string;
}

const belongings = new AsyncLocalStorage<Belonging>();

/** Once a Node process. */
export function followBelongings(): void {
  channel("essentially-once").bindStore(belongings, (told) => ({
    ...belongings.getStore(),
    ...(told as Belonging),
  }));
}

export function belongingNow(): Belonging {
  return belongings.getStore() ?? {};
}
