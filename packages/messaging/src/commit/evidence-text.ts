// The text of evidence by ids, as it is in an item: the last messages, and in its head what is kept beyond them.
//
//   <floor>~<lost>~<beyond>~<beyond>… <entry> <entry> …
//
// An entry is `<key>.<digest>.<time>`, then `.<meaning>` where keys were not in order, then `.<mark>` where the consumer is
// not the item's first, with `!` where an operator barred the message. The release before this one reads entries and floor, and drops the rest of the
// head when it writes: ADR 21 says why nothing is lost by that.

import { derivedId } from "../core/ids.ts";
import { type Digest, digestOf, saysTheSame, shortened } from "../envelope/digest.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { evidenceDays } from "../envelope/message-life.ts";

/** A message's entry: 48 characters. Ten of them leave half of a write unit's 1 KB to the state and to what it publishes. */
export interface Entry {
  readonly key: string;
  readonly said: Digest;
  /** The message's own `time`, in ms since the epoch: only the release before this one decides by it. */
  readonly timeMs: number;
  /** Whose message it is: an item may have several consumers. */
  readonly mark: string;
  /** It was not processed, and never is: an operator has discarded it, or put another in its place. */
  readonly barred?: boolean;
}

/** What a consumer has beyond the window of an item. */
export interface Beyond {
  readonly mark: string;
  /** Names what the rows hold; another token, other rows. Empty: there is no row. */
  readonly token: string;
  /** The last shared row in use. */
  readonly row: number;
  /** The day when a message last got a row of its own; 0 for never. Of an unknown consumer: when its first entry left. */
  readonly ownDay: number;
  /** Records that have left the window and are in no row yet. */
  readonly leaving: string;
}

export interface EvidenceText {
  /** For the release before this one: no message that left the window is younger. */
  readonly floorMs: number;
  /** What the release before this one dropped is not younger; -1 for nothing. */
  readonly lostMs: number;
  readonly lostDay: number;
  /** The first is of the consumer whose entries carry no mark. Empty in a text of the release before this one. */
  readonly beyond: readonly Beyond[];
  readonly entries: readonly string[];
}

/** 132 bits of the identity and 96 of the content: enough to tell the messages of one item apart. */
const keyLength = 22;
const digestLengths = { digest: 16, meaning: 11 } as const;
/** Beyond the window 72 bits of the identity, 24 of the digest and 24 of the meaning. */
export const recordKeyLength = 12;
const recordDigestLength = 4;
export const recordLength = recordKeyLength + 2 * recordDigestLength;
const markLength = 5;
/** An entry of the release before this one may be of any consumer of the item. */
export const unknownMark = "?";
const bar = "!";

export function entryOf(consumer: string, message: Envelope): Entry {
  return {
    key: derivedId(consumer, message.source, message.id).slice(0, keyLength),
    said: digestOf(message),
    timeMs: Date.parse(message.time) || 0,
    mark: markOf(consumer),
  };
}

/** A process has few consumers; an operator's may have more. */
const marks = new Map<string, string>();

function markOf(consumer: string): string {
  const mark = marks.get(consumer) ?? derivedId("mark", consumer).slice(0, markLength);
  marks.set(consumer, mark);
  return mark;
}

export function recordOf({ key, said, barred = false }: Pick<Entry, "key" | "said" | "barred">): string {
  const { digest, meaning = digest } = said;
  const parts = [digest.slice(0, recordDigestLength), meaning.slice(0, recordDigestLength)];
  return [key.slice(0, recordKeyLength), parts[0], barred ? bar.repeat(recordDigestLength) : parts[1]].join(
    "",
  );
}

export type Found = "same" | "barred" | "other" | undefined;

/** Undefined when no record has the key. */
export function findRecord(records: string, { key, said }: Entry, length: number = recordLength): Found {
  const recordKey = key.slice(0, recordKeyLength);
  for (let at = 0; at < records.length; at += length) {
    if (!records.startsWith(recordKey, at)) continue;
    const from = at + recordKeyLength;
    const digest = records.slice(from, from + recordDigestLength);
    const meaning = records.slice(from + recordDigestLength, from + 2 * recordDigestLength);
    if (!saysTheSame({ digest, meaning }, said, recordDigestLength)) return "other";
    return meaning.startsWith(bar) ? "barred" : "same";
  }
  return undefined;
}

/** Undefined when no entry has the key. */
export function findEntry(text: string, { key, said }: Entry): Found {
  const at = text.indexOf(` ${key}.`);
  if (at < 0) return undefined;
  const [entry = ""] = text.slice(at + 1).split(" ", 1);
  const found = readEntry(entry);
  if (!saysTheSame(found.said, said)) return "other";
  return found.barred ? "barred" : "same";
}

function readEntry(text: string) {
  const [key = "", digest = "", time, meaning, mark] = text.split(".");
  const said = { digest, ...(meaning && { meaning }) };
  const barred = mark?.endsWith(bar) ?? false;
  return { key, said, timeMs: number(time), mark: barred ? mark?.slice(0, -bar.length) : mark, barred };
}

export function beyondOf({ beyond }: Pick<EvidenceText, "beyond">, mark: string): Beyond {
  return beyond.find((one) => one.mark === mark) ?? { mark, token: "", row: -1, ownDay: 0, leaving: "" };
}

export function withBeyond<Text extends Pick<EvidenceText, "beyond">>(text: Text, changed: Beyond): Text {
  const known = text.beyond.some(({ mark }) => mark === changed.mark);
  const beyond = known
    ? text.beyond.map((one) => (one.mark === changed.mark ? changed : one))
    : [...text.beyond, changed];
  return { ...text, beyond };
}

/**
 * The release before this one wrote it after messages had left the window: nothing says whether the consumer has rows.
 * They are looked for before a message is decided, and the text is settled by what was found.
 */
export function isUnsettled({ beyond, floorMs, lostMs }: EvidenceText, mark: string): boolean {
  return floorMs >= 0 && lostMs >= 0 && !beyond.some((one) => one.mark === mark);
}

/** The text with one more entry; the oldest leave the window, and none is lost by that. */
export function withEntry(given: string | undefined, entry: Entry, window: number, today: number): string {
  const read = readText(given);
  if (isUnsettled(read, entry.mark)) return `${given} ${entryText(entry, undefined)}`;
  let text = withBeyond(marked(withoutForgotten(read, today)), beyondOf(read, entry.mark));
  const owner = text.beyond[0]?.mark ?? entry.mark;
  const entries = [...text.entries, entryText(entry, owner)];
  for (const one of entries.splice(0, Math.max(0, entries.length - window))) {
    const { mark = owner, timeMs, ...left } = readEntry(one);
    const whose = beyondOf(text, mark);
    const leaving = whose.leaving + recordOf(left);
    const ownDay = mark === unknownMark ? whose.ownDay || today : whose.ownDay;
    text = { ...withBeyond(text, { ...whose, leaving, ownDay }), floorMs: Math.max(text.floorMs, timeMs, 0) };
  }
  return writeText({ ...text, entries });
}

/** Records of unknown consumers stay in the item, for every consumer to check, as long as evidence counts. */
function withoutForgotten(text: EvidenceText, today: number): EvidenceText {
  const counts = ({ mark, ownDay }: Beyond) => mark !== unknownMark || today <= ownDay + evidenceDays;
  return { ...text, beyond: text.beyond.filter(counts) };
}

/** Room for all that are remembered: the consumer's next commit makes it its own window again. */
const barWindow = 100;

/** The text with an entry for a message that was not processed, and never is. */
export function barEntry(
  text: string | undefined,
  consumer: string,
  message: Envelope,
  today: number,
): string {
  return withEntry(text, { ...entryOf(consumer, message), barred: true }, barWindow, today);
}

/** Nobody knows whose the entries of the release before this one are. */
export function marked(text: EvidenceText): EvidenceText {
  if (text.beyond.length > 0) return text;
  const entries = text.entries.map((entry) => {
    const { mark, ...known } = readEntry(entry);
    return mark === undefined ? entryText({ ...known, mark: unknownMark }, undefined) : entry;
  });
  return { ...text, entries };
}

function entryText({ key, said, timeMs, mark, barred = false }: Entry, owner: string | undefined): string {
  const { digest, meaning = "" } = shortened(said, digestLengths);
  const whose = barred ? mark + bar : mark === owner ? "" : mark;
  const parts = [key, digest, timeMs.toString(36), meaning, whose];
  return parts.join(".").replace(/\.+$/, "");
}

/** A delivery asks several times for the same text. */
const texts = new Map<string, EvidenceText>();
const textsMax = 200;

export function readText(text = "-1"): EvidenceText {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const read = readNew(text);
  if (texts.size >= textsMax) texts.clear();
  texts.set(text, read);
  return read;
}

function readNew(text: string): EvidenceText {
  const [head = "", ...entries] = text.split(" ");
  const [floor = "", lost, ...beyond] = head.split("~");
  const [lostMs, lostDay] = lost === undefined ? [floor, ""] : lost.split(".");
  return {
    floorMs: number(floor),
    lostMs: number(lostMs),
    lostDay: number(lostDay || "0"),
    beyond: beyond.map(readBeyond),
    entries,
  };
}

export function writeText({ floorMs, lostMs, lostDay, beyond, entries }: EvidenceText): string {
  const lost = lostMs < 0 ? "-1" : `${lostMs.toString(36)}.${lostDay.toString(36)}`;
  return [[floorMs.toString(36), lost, ...beyond.map(beyondText)].join("~"), ...entries].join(" ");
}

function readBeyond(text: string): Beyond {
  const [mark = "", token = "", row, ownDay, leaving = ""] = text.split(".");
  return { mark, token, row: number(row || "-1"), ownDay: number(ownDay || "0"), leaving };
}

function beyondText({ mark, token, row, ownDay, leaving }: Beyond): string {
  const parts = [
    mark,
    token,
    row < 0 ? "" : row.toString(36),
    ownDay === 0 ? "" : ownDay.toString(36),
    leaving,
  ];
  return parts.join(".").replace(/\.+$/, "");
}

function number(base36 = "-1"): number {
  return Number.parseInt(base36, 36);
}
