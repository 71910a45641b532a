// Checks whether a message is authentic before others have to wait for it. Loaded when a FIFO queue parks one.
//
//   G4, G7. Only a message whose writer the consumer's guards verified joins the line of its group. Otherwise any sender
//   to the queue could hold up any of its keys. docs/adr/0030-who-may-hold-a-group.md
import type { Delivery, MessageMiddleware } from "../commit/delivery.ts";
import { type Received, sqsMessageOf } from "../commit/received.ts";
import { unitOfWork } from "../commit/unit-of-work.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { authenticateOf } from "./former-names.ts";

/** Throws when a guard rejects the message, or cannot tell now. */
export type Authenticate = (item: Received) => Promise<void>;

/** @throws Park when the message is not authentic, RetryLater when that cannot be verified now */
export async function authenticateMessage(
  { record, envelope: message }: Received,
  middlewares: readonly MessageMiddleware[],
  { consumer, deadlineMs }: Pick<Delivery, "consumer" | "deadlineMs">,
): Promise<void> {
  if (message instanceof Park) throw message; // a body that is no message has no verified writer
  const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: message });
  const delivery = { consumer, message, sqsMessage: sqsMessageOf(record), unit, deadlineMs };
  for (const middleware of middlewares) await authenticateOf(middleware)?.(delivery);
}

/** False for a message that is not authentic, or that is signed with an unknown key. */
export async function isAuthentic(authenticate: Authenticate, item: Received): Promise<boolean> {
  try {
    await authenticate(item);
    return true;
  } catch (error) {
    if (error instanceof Park || (error instanceof RetryLater && error.lastly)) return false;
    throw error;
  }
}
