// Evidence inside the state item, by number: the last message of each source. A message is the next one, or was
// seen, or comes too early; so it stays as small as it is, and the order of a key holds whatever carried it.
//
//   G2. Every number up to the last was seen: none of them takes effect again.
//   G4, S6. Only the next number takes effect, whichever message overtook another in transit.
//   G6. No number, a number that two messages have, a predecessor that never comes: parked, each with its reason.

import { derivedId } from "../core/ids.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { type Digest, digestOf, saysTheSame, shortened } from "../envelope/digest.ts";
import { isFifo } from "../envelope/message-group.ts";
import { readSequence } from "../envelope/sequence.ts";
import type { Delivery } from "./delivery.ts";
import type { Found } from "./evidence-text.ts";
import { type EvidenceForm, hiddenPrefix } from "./item-evidence.ts";
import { type Bar, barsOf, barTexts, isBar, isBarred, passedOver, readBars } from "./sequence-bars.ts";

/** What is parked as this was overtaken: it stands in no line, as its number holds those behind it. */
export const gapCode = "SEQUENCE_GAP";

/** As in the evidence by ids: enough to tell the sources of one item apart, and two messages of one number. */
const keyLength = 22;
const digestLengths = { digest: 16, meaning: 11 } as const;

/**
 * The last number of each source, as one text: `<source>.<number>.<digest>`, separated by spaces; `.<meaning>` where keys
 * were not in order. A source takes up to 51 bytes of the item: a source is a producer, and producers are few.
 */
export const bySequence: EvidenceForm = {
  attribute: `${hiddenPrefix}sequences`,
  everyMessage: true, // a number without evidence would look like a gap that never closes
  isOpen: () => false, // the last number says all
  isFull: () => false,

  judge(evidence, delivery) {
    if (delivery.message.sequence === undefined) return undefined; // whoever reads it says first whether it is one at all
    const { key, sequence } = placeOf(delivery);
    const found = findNumber(evidence, delivery);
    if (found === "other") {
      throw new Park(
        "SEQUENCE_REUSED",
        `${delivery.message.source} gave sequence ${sequence} to two messages`,
      );
    }
    if (found) return { kind: "duplicate" };
    const last = read(evidence).get(key)?.sequence ?? 0;
    if (sequence > last + 1) throw early(sequence, last, delivery);
    return undefined;
  },

  add(evidence, delivery) {
    const { key, ...place } = placeOf(delivery);
    return withPlace(evidence, key, place);
  },
};

function withPlace(evidence = "", key: string, place: Place, more: readonly Bar[] = []): string {
  const all = [...readBars(evidence), ...more];
  const last = passedOver(place, key, all);
  const places = read(evidence).set(key, { ...last, said: shortened(last.said, digestLengths) });
  const bars = all.filter(({ source, sequence }) => source !== key || sequence >= last.sequence);
  return [...places].map(placeText).concat(barTexts(bars)).join(" ");
}

/** What the item says of a message, by numbers. @throws Park SEQUENCE_MISSING */
export function findNumber(evidence: string | undefined, delivery: Delivery): Found {
  const { key, sequence, said } = placeOf(delivery);
  if (isBarred(readBars(evidence ?? ""), key, sequence, said)) return "barred";
  const last = read(evidence).get(key);
  if (last === undefined || sequence > last.sequence) return undefined;
  return sequence < last.sequence || saysTheSame(last.said, said) ? "same" : "other";
}

/**
 * The evidence with a bar for a message that it does not know: its consumer does not process it any more.
 * @param number `taken` by the message that stands in its place, or `void`: those behind it go on without it
 * @throws Park SEQUENCE_MISSING
 */
export function barNumber(
  evidence: string | undefined,
  delivery: Delivery,
  number: "taken" | "void",
): string {
  const { key, sequence, said } = placeOf(delivery);
  const bars = barsOf(number === "taken" ? "!" : "*", key, sequence, said);
  const last = read(evidence).get(key) ?? { sequence: 0, said: { digest: "" } };
  const passed = passedOver(last, key, [...readBars(evidence ?? ""), ...bars]);
  if (passed.sequence > 0) return withPlace(evidence, key, passed, bars);
  return [evidence, ...barTexts(bars)].filter((text) => text !== undefined).join(" ");
}

interface Place {
  readonly sequence: number;
  /** Of the id, too: the same data under another id is another message. */
  readonly said: Digest;
}

type NamedPlace = Place & { readonly key: string };

/** A delivery is judged and added; its hashes are worked out once. */
const placed = new WeakMap<Delivery, NamedPlace>();

/** @throws Park SEQUENCE_MISSING */
function placeOf(delivery: Delivery): NamedPlace {
  const known = placed.get(delivery);
  if (known !== undefined) return known;
  const place = placeFor(delivery);
  placed.set(delivery, place);
  return place;
}

function placeFor({ consumer, message }: Delivery): NamedPlace {
  const { source, id, sequence = "" } = message;
  const number = readSequence(sequence);
  if (number === undefined) throw new Park("SEQUENCE_MISSING", `${source} does not number its messages`);
  const { digest, meaning } = digestOf(message);
  return {
    key: derivedId(consumer, source).slice(0, keyLength),
    sequence: number,
    said: {
      digest: derivedId(id, digest),
      ...(meaning !== undefined && { meaning: derivedId(id, meaning) }),
    },
  };
}

/**
 * Its predecessors are on their way, most often for milliseconds, so it comes back when they can be done. On a FIFO
 * queue it may stand in front of the one it waits for: there each wait counts as an attempt, and grows to what the sweeper
 * needs to find a row; after the last it waits among the dead letters.
 */
function early(sequence: number, last: number, { message, sqsMessage }: Delivery): RetryLater {
  const detail = `${message.source} ${message.partitionkey}: received sequence ${sequence}, the last was ${last}`;
  const lastly = new Park(gapCode, detail);
  if (isFifo(sqsMessage?.queueName ?? "")) {
    return new RetryLater("SEQUENCE_AHEAD", waitSeconds(sqsMessage?.receiveCount ?? 1), { lastly });
  }
  const before = sequence - last - 1;
  const seconds = Math.min(Math.ceil(before / perSecond), waitMaxSeconds);
  return new RetryLater("SEQUENCE_AHEAD", seconds, {
    lastly,
    waited: true,
    ahead: before,
    ...(before <= soonMax && { soonMs: before * eachMs }),
  });
}

/** Messages of one key that take effect in a second, at least. */
const perSecond = 20;
/** What a message of the key takes that is on its way already. */
const eachMs = 20;
/** More predecessors than this are not done within an invocation. */
const soonMax = 20;

const waitFirstSeconds = 2;
const waitMaxSeconds = 900;

function waitSeconds(receiveCount: number): number {
  return Math.min(waitFirstSeconds * 4 ** Math.min(receiveCount - 1, 10), waitMaxSeconds);
}

function read(text = ""): Map<string, Place> {
  const places = text.split(" ").filter((entry) => entry !== "" && !isBar(entry));
  return new Map(places.map(readPlace));
}

function readPlace(text: string): [key: string, place: Place] {
  const [key = "", sequence = "", digest = "", meaning] = text.split(".");
  const said = { digest, ...(meaning !== undefined && { meaning }) };
  return [key, { sequence: Number.parseInt(sequence, 36), said }];
}

function placeText([key, { sequence, said }]: readonly [string, Place]): string {
  const parts = [key, sequence.toString(36), said.digest, said.meaning];
  return parts.filter((part) => part !== undefined).join(".");
}
