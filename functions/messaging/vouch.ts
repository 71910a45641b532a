// Whether anybody vouches for a message that others would have to wait for. Loaded when a FIFO queue parks one.
//
//   G4, G7. Only a message that its consumer's guards know the writer of joins the line of its group: whoever may send to a
//   queue could hold up any of its keys otherwise. docs/adr/0030-who-may-hold-a-group.md
import type { Delivery, MessageMiddleware } from "./delivery.ts";
import { Park, RetryLater } from "./outcome.ts";
import { letterOf, type Received } from "./received.ts";
import { unitOfWork } from "./unit-of-work.ts";

/** Throws when somebody's guard refuses the message, or cannot tell now. */
export type Vouch = (item: Received) => Promise<void>;

/** @throws Park when nobody vouches for it, RetryLater when that cannot be known now */
export async function vouchFor(
  { record, envelope: message }: Received,
  middlewares: readonly MessageMiddleware[],
  { consumer, deadlineMs }: Pick<Delivery, "consumer" | "deadlineMs">,
): Promise<void> {
  if (message instanceof Park) throw message; // what is no message is nobody's
  const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: message });
  const delivery = { consumer, message, letter: letterOf(record), unit, deadlineMs };
  for (const { vouch } of middlewares) await vouch?.(delivery);
}

/** False for a message that nobody vouches for, or whose key nobody knows. */
export async function isVouched(vouch: Vouch, item: Received): Promise<boolean> {
  try {
    await vouch(item);
    return true;
  } catch (error) {
    if (error instanceof Park || (error instanceof RetryLater && error.lastly)) return false;
    throw error;
  }
}
