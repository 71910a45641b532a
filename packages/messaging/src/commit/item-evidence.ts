// Evidence inside the state item, in an attribute that the domain never sees: the last messages that changed it,
// by their ids; or by their numbers, see sequence-evidence.ts.
//
//   G2. A message that had its effect is in the window, or among those that left it and are kept in rows, see
//   inline-overflow.ts. A message that is in neither is new, whatever its time says: a clock is no order.
import { nowSeconds } from "../core/clock.ts";
import { type Outcome, Park } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { evidenceDays } from "../envelope/message-life.ts";
import type { Delivery } from "./delivery.ts";
import {
  beyondOf,
  type Entry,
  type EvidenceText,
  entryOf,
  type Found,
  findEntry,
  findRecord,
  readText,
  recordLength,
  unknownMark,
  withEntry,
} from "./evidence-text.ts";

/** What the attributes of the kit begin with: they stay when the domain saves an item, and it never reads them. */
export const hiddenPrefix = "eo_";

/**
 * The items in which an operator looks for a consumer's evidence of a message. Of a consumer that changes any other, the
 * evidence table is asked before each message: see inline.ts.
 */
export function itemsNamedBy(
  consumer: string,
  { partitionkey }: Pick<Envelope, "partitionkey">,
): readonly string[] {
  return [partitionkey, `${consumer}#${partitionkey}`];
}

/** How an item remembers messages: a text in an attribute of its own. */
export interface EvidenceForm {
  readonly attribute: string;
  /** Also a message without an effect leaves evidence. */
  readonly everyMessage: boolean;
  /**
   * What the item says of a message: a duplicate, or undefined for one that it does not know.
   * @throws Park for one that never may take effect, RetryLater for one that may not yet
   */
  judge(evidence: string | undefined, delivery: Delivery): Outcome | undefined;
  /** The item may not know all of the consumer's messages: what it does not know is looked for beyond it. */
  isOpen(evidence: string, delivery: Delivery): boolean;
  /** So many have left the window that they need a row, before one more is added. */
  isFull(evidence: string, delivery: Delivery): boolean;
  /** The evidence with one more message. @throws Park */
  add(evidence: string | undefined, delivery: Delivery): string;
}

/** So many leave the item together: one write in ten has a second one before it. */
const leavingMax = 10;

/** The last `window` messages by id, for producers that do not number their messages. */
export function byIds(window: number): EvidenceForm {
  return {
    attribute: `${hiddenPrefix}evidence`,
    everyMessage: false, // one that did nothing may do nothing again

    judge(evidence, delivery) {
      const found = findIn(evidence, delivery);
      return found && outcomeOf(found);
    },

    isOpen(evidence, delivery) {
      const text = readText(evidence);
      return text.lostMs >= 0 || beyondOf(text, entryFor(delivery).mark).token !== "";
    },

    isFull(evidence, delivery) {
      const { leaving } = beyondOf(readText(evidence), entryFor(delivery).mark);
      return leaving.length >= leavingMax * recordLength;
    },

    add: (evidence, delivery) => withEntry(evidence, entryFor(delivery), window, today()),
  };
}

/** What the item says of a message, by ids. */
export function findIn(evidence: string | undefined, delivery: Delivery): Found {
  if (evidence === undefined) return undefined;
  const entry = entryFor(delivery);
  const text = readText(evidence);
  const leaving = [entry.mark, unknownMark].map((mark) => beyondOf(text, mark).leaving);
  return findEntry(evidence, entry) ?? findRecord(leaving.join(""), entry);
}

/** @throws Park ID_REUSED */
export function outcomeOf(found: NonNullable<Found>): Outcome {
  if (found === "other") throw new Park("ID_REUSED", "it was processed before with other data");
  return { kind: "duplicate" };
}

/**
 * Of an item that the release before this one wrote: it dropped what left the window.
 * @throws Park EVIDENCE_GONE when the message is not younger than one that was dropped
 */
export function refuseLost({ lostMs, lostDay }: EvidenceText, { timeMs }: Entry): void {
  if (timeMs > lostMs || today() > lostDay + evidenceDays) return;
  throw new Park(
    "EVIDENCE_GONE",
    "an earlier release dropped evidence of this item, so it is unknown whether the message was processed",
  );
}

const daySeconds = 86_400;

export function today(): number {
  return Math.floor(nowSeconds() / daySeconds);
}

/** A delivery is judged and added; its hashes are worked out once. */
const entries = new WeakMap<Delivery, Entry>();

export function entryFor(delivery: Delivery): Entry {
  const known = entries.get(delivery);
  if (known) return known;
  const entry = entryOf(delivery.consumer, delivery.message);
  entries.set(delivery, entry);
  return entry;
}
