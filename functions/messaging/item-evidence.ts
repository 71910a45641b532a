// Evidence inside the state item, in an attribute that the domain never sees: the last messages that changed it,
// by their ids; or by their numbers, see sequence-evidence.ts.
//
//   G2. A message is in the window, or younger than all that have left it, or parked: none of the three is a
//   second effect. No clocks are compared: every copy of a message carries the same time.
import type { Delivery } from "./delivery.ts";
import { type Digest, digestOf, saysTheSame, shortened } from "./digest.ts";
import { evidenceId } from "./ids.ts";
import { type Outcome, Park } from "./outcome.ts";

/** What the attributes of the kit begin with: they stay when the domain saves an item, and it never reads them. */
export const hiddenPrefix = "eo_";

/** How an item remembers messages: a text in an attribute of its own. */
export interface EvidenceForm {
  readonly attribute: string;
  /** Also a message without an effect leaves evidence. */
  readonly everyMessage: boolean;
  /**
   * What the evidence says of a message: a duplicate, or undefined for one that is to take effect.
   * @throws Park for one that never may, RetryLater for one that may not yet
   */
  judge(evidence: string | undefined, delivery: Delivery): Outcome | undefined;
  /** The evidence with one more message. @throws Park */
  add(evidence: string | undefined, delivery: Delivery): string;
}

/** The last `window` messages by id, for producers that do not number their messages. */
export function byIds(window: number): EvidenceForm {
  return {
    attribute: `${hiddenPrefix}evidence`,
    everyMessage: false, // one that did nothing may do nothing again
    judge: (evidence, delivery) => judge(evidence, entryOf(delivery)),
    add: (evidence, delivery) => withEntry(evidence, entryOf(delivery), window),
  };
}

/** A message's entry: 48 characters. Ten of them leave half of a write unit's 1 KB to the state and to what it publishes. */
interface Entry {
  readonly key: string;
  readonly said: Digest;
  /** The message's own `time`, in ms since the epoch. */
  readonly timeMs: number;
}

/** 132 bits of the identity and 96 of the content: enough to tell the messages of one item apart. */
const keyLength = 22;
const digestLengths = { digest: 16, meaning: 11 } as const;

/** A delivery is judged and added; its two hashes are worked out once. */
const entries = new WeakMap<Delivery, Entry>();

function entryOf(delivery: Delivery): Entry {
  const known = entries.get(delivery);
  if (known) return known;
  const { message } = delivery;
  const entry = {
    key: evidenceId(delivery).slice(0, keyLength),
    said: digestOf(message),
    timeMs: Date.parse(message.time) || 0,
  };
  entries.set(delivery, entry);
  return entry;
}

/**
 * What the evidence of an item says of a message: a duplicate, or undefined for one that it has not seen.
 * @throws Park ID_REUSED, or EVIDENCE_GONE when the message is not younger than one whose entry made room
 */
function judge(evidence: string | undefined, { key, said, timeMs }: Entry): Outcome | undefined {
  const { floorMs, texts } = read(evidence);
  const seen = texts.find((text) => text.startsWith(`${key}.`));
  if (seen !== undefined && !saysTheSame(saidIn(seen), said)) {
    throw new Park("ID_REUSED", "it was processed with other data");
  }
  if (seen !== undefined) return { kind: "duplicate" };
  if (timeMs <= floorMs) {
    throw new Park(
      "EVIDENCE_GONE",
      `${texts.length} later messages changed the item: whether this one did is not known`,
    );
  }
  return undefined;
}

/** The evidence with one more message, and the oldest commits out of the window. */
function withEntry(evidence: string | undefined, { key, said, timeMs }: Entry, window: number): string {
  const { floorMs, texts } = read(evidence);
  const { digest, meaning } = shortened(said, digestLengths);
  const entry = [key, digest, timeMs.toString(36), ...(meaning === undefined ? [] : [meaning])];
  const all = [...texts, entry.join(".")];
  const leaving = all.splice(0, Math.max(0, all.length - window));
  const floor = Math.max(floorMs, ...leaving.map((text) => number(text.split(".")[2])));
  return [floor.toString(36), ...all].join(" ");
}

interface Evidence {
  /** The youngest time among the messages whose entries made room. */
  readonly floorMs: number;
  /** `<key>.<digest>.<time>`, and `.<meaning>` where keys were not in order; in the order of their commits. */
  readonly texts: readonly string[];
}

function read(text = "-1"): Evidence {
  const [floor, ...texts] = text.split(" ");
  return { floorMs: number(floor), texts };
}

function saidIn(text: string) {
  const [, digest, , meaning] = text.split(".");
  return { digest, meaning };
}

function number(base36 = ""): number {
  return Number.parseInt(base36, 36);
}
