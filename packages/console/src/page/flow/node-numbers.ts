// The numbers of a node in a few words, the most telling first.

import type { NodeCounts } from "../../api/flow.ts";
import type { Tone } from "../widgets/state-pill.tsx";
import { spanText } from "../widgets/time-text.ts";
import { isOld } from "./old.ts";
import type { ShownNode } from "./shown-flow.ts";

export interface NumberText {
  readonly text: string;
  readonly tone: Tone;
}

export function numbersOf(kind: ShownNode["kind"], counts: NodeCounts | undefined): readonly NumberText[] {
  const isQueue = kind === "queue" || kind === "dead-letter-queue";
  if (counts === undefined) return isQueue ? [{ text: "not counted", tone: "quiet" }] : [];
  const {
    waiting,
    inFlight,
    delayed,
    dead = 0,
    oldestSeconds,
    neverEmptySeconds,
    items,
    perMinute,
    totals,
    rateBehindSeconds,
  } = counts;
  const tone = isOld(counts) ? ("bad" as const) : ("quiet" as const);
  const numbers = [
    some(dead, "dead", "bad"),
    some(waiting, "waiting", "wait"),
    waiting && oldestSeconds !== undefined
      ? { text: `≤ ${spanText(oldestSeconds * 1_000)} old`, tone }
      : undefined,
    waiting && neverEmptySeconds !== undefined ? { text: "age not known", tone } : undefined,
    some(inFlight, "in flight", "quiet"),
    some(delayed, "delayed", "wait"),
    rateBehindSeconds
      ? { text: `rate ${spanText(rateBehindSeconds * 1_000)} behind`, tone: "wait" as const }
      : undefined,
    some(totals?.running, "running", "good"),
    perMinute ? { text: `${perMinute.toLocaleString("en")}/min`, tone: "quiet" as const } : undefined,
    some(totals?.kills, "killed", "made"),
    some(totals?.redelivered, "redelivered", "wait"),
    some(totals?.duplicatesAbsorbed, "absorbed", "good"),
    some(items, "items", "quiet"),
  ].filter((number) => number !== undefined);
  return numbers.length === 0 && isQueue ? [{ text: "empty", tone: "quiet" }] : numbers;
}

/** For screen readers and the table. */
export function stateText({ paused, totals, rateBehindSeconds }: NodeCounts = {}): string {
  const parts = [
    rateBehindSeconds && `rate ${spanText(rateBehindSeconds * 1_000)} behind`,
    paused && (paused.by === "breaker" ? "circuit breaker open" : "paused by hand"),
    ...[
      some(totals?.kills, "killed", "made"),
      some(totals?.redelivered, "redelivered", "wait"),
      some(totals?.duplicatesAbsorbed, "duplicates absorbed", "good"),
    ].map((number) => number?.text),
  ];
  return parts.filter(Boolean).join(", ");
}

function some(count: number | undefined, word: string, tone: Tone): NumberText | undefined {
  return count ? { text: `${count.toLocaleString("en")} ${word}`, tone } : undefined;
}
