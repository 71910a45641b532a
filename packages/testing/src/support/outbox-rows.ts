// Rows of the outbox as tests find them.

import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { orderingKeyOf, placeOf } from "@essentially-once/messaging/internal/commit/outbox";
import { anEnvelope } from "./an-envelope.ts";

/** Whether a commit of this name put the row. */
export function isOfCommit({ place }: { readonly place?: unknown }, id: string): boolean {
  return String(place).endsWith(placeOf("", id));
}

/** A row as a unit of work puts it, of messages of one producer and key. */
export function anOutboxRow({
  place = "0000000000000001#a",
  createdAt = new Date().toISOString(),
  messages = [anEnvelope()],
}: {
  readonly place?: string;
  readonly createdAt?: string;
  readonly messages?: readonly Envelope[];
} = {}) {
  const [first = anEnvelope()] = messages;
  return { id: orderingKeyOf(first), place, createdAt, messages: messages.map(asciiJson) };
}
