// Outgoing messages of `rows` in the state item that the transaction changes anyway, and not in a row of the outbox: four
// write units instead of seven, as no row is written and none is deleted.
//
//   G1. They are attributes of an item of the unit's own transaction.
//   G3. The table's stream carries them, each record those of its own commit; what the publisher cannot send becomes a row
//   of the outbox (inline-stream.ts). Until the publisher has run once, only the stream has them.
//   G4. The stream keeps the order of an item's changes: messages of one key stay in order when one item carries them.
//   docs/adr/0044-messages-travel-in-the-state-item.md
import type { Envelope } from "../envelope/envelope.ts";
import { withMessages } from "./inline-write.ts";
import { stamped } from "./stamp.ts";
import type { Write } from "./unit-of-work.ts";

/** @returns the unit's writes with its messages, or undefined when they need rows of the outbox */
export type MessageCarrier = (
  unit: { readonly writes: readonly Write[]; readonly messages: readonly Envelope[] },
  commitId: string,
) => Write[] | undefined;

export interface MessagesInItemOptions {
  /** Its key is `id`. It must have a stream with both images, which the publisher reads: `messagesInItems` of a ServiceStack. */
  readonly table: string;
}

/**
 * Messages travel in the first item of the table that the unit puts or updates; of a unit without one, in rows of the outbox.
 * ```ts
 * consumer(reserveCredit).use(idempotency({ evidence: rows({ messages: inItem({ table: accountsTable }) }) }))
 * ```
 * Messages of a key keep their order if every unit that publishes them changes the same item.
 */
export function inItem({ table }: MessagesInItemOptions): MessageCarrier {
  return function carry({ writes, messages }, outboxId) {
    const at = writes.findIndex(({ Put, Update }) => (Put ?? Update)?.TableName === table);
    if (at < 0) return undefined;
    const commit = stamped(writes);
    return commit.writes.map((write, n) => (n === at ? withMessages(write, { outboxId, messages }) : write));
  };
}
