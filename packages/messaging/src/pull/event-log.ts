// Log first, act later: a queue's consumer only appends the message to the journal, with its evidence in the
// same transaction, and a projection acts on it from there, at its own pace and as often as it is rebuilt.
//
//   G2. The journal's own evidence makes a second delivery a duplicate, for as long as the journal is kept.
import type { Delivery } from "../commit/delivery.ts";
import type { EvidenceStore } from "../commit/idempotency.ts";
import { type Outcome, RetryLater } from "../core/outcome.ts";
import { asciiJson } from "../envelope/envelope.ts";
import type { Appended, Journal, JournalMessage } from "./journal.ts";

/**
 * Evidence that is the message itself. The handler may look at the message and park it; it collects no work.
 * ```ts
 * consumer(logOrders)
 *   .use(idempotency({ evidence: eventLog({ journal: journal() }) }))
 *   .handler(async () => undefined);
 * ```
 * With `claimCheck()` the journal must be `keepingClaims(journal())`: what is logged is the reference.
 */
export function eventLog({ journal }: { readonly journal: Journal }): EvidenceStore {
  return {
    async commit(delivery) {
      const { unit, deadlineMs } = delivery;
      if (unit.writes.length + unit.messages.length > 0) throw new RetryLater("UNIT_NOT_COMMITTED");
      const [appended] = await journal.append([entryOf(delivery)], { deadlineMs });
      return outcomeOf(appended ?? { kind: "unconfirmed" });
    },

    async find(delivery) {
      const found = await journal.find(entryOf(delivery));
      return found && outcomeOf(found);
    },
  };
}

/** The exact text that came: what was signed stays signed. */
function entryOf({ message, sqsMessage }: Delivery): JournalMessage {
  return { envelope: message, body: sqsMessage?.body ?? asciiJson(message) };
}

function outcomeOf(appended: Appended): Outcome {
  if (appended.kind === "unconfirmed") {
    throw new RetryLater("APPEND_UNCONFIRMED", undefined, { waited: appended.contended ?? false });
  }
  if (appended.kind === "refused") throw appended.reason;
  return { kind: appended.kind === "appended" ? "done" : "duplicate" };
}
