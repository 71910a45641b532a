// Checks whether a message is authentic before others have to wait for it. Loaded when a FIFO queue parks one.
//
//   G4, G7. Only a message whose writer the consumer's guards verified joins the line of its group. Otherwise any sender
//   to the queue could hold up any of its keys. docs/adr/0030-who-may-hold-a-group.md
import type { Delivery, MessageMiddleware } from "../commit/delivery.ts";
import { letterOf, type Received } from "../commit/received.ts";
import { unitOfWork } from "../commit/unit-of-work.ts";
import { Park, RetryLater } from "../core/outcome.ts";

/** Throws when a guard rejects the message, or cannot tell now. */
export type Vouch = (item: Received) => Promise<void>;

/** @throws Park when the message is not authentic, RetryLater when that cannot be verified now */
export async function vouchFor(
  { record, envelope: message }: Received,
  middlewares: readonly MessageMiddleware[],
  { consumer, deadlineMs }: Pick<Delivery, "consumer" | "deadlineMs">,
): Promise<void> {
  if (message instanceof Park) throw message; // a body that is no message has no verified writer
  const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: message });
  const delivery = { consumer, message, letter: letterOf(record), unit, deadlineMs };
  for (const { vouch } of middlewares) await vouch?.(delivery);
}

/** False for a message that is not authentic, or that is signed with an unknown key. */
export async function isVouched(vouch: Vouch, item: Received): Promise<boolean> {
  try {
    await vouch(item);
    return true;
  } catch (error) {
    if (error instanceof Park || (error instanceof RetryLater && error.lastly)) return false;
    throw error;
  }
}
