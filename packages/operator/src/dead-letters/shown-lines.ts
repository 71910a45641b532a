// A dead letter in full as lines of `name  value`, for a terminal.

import { nowMs } from "@essentially-once/messaging/clock";
import { ageText } from "../terminal/age.ts";
import { authenticityText } from "./authenticity.ts";
import type { Decision } from "./decision.ts";
import type { Verdict } from "./evidence.ts";
import type { Shown, Unknown } from "./show.ts";

type Named = readonly [name: string, value: string];

export function linesOf({
  payload,
  original,
  discards,
  evidence,
  redrive,
  signature,
  line,
  effect,
  attributes,
  messageIds,
  ...plain
}: Shown): Named[] {
  const rows = Object.entries(plain).map(([name, value]): Named => [name, `${value}`]);
  const sinceMs = plain.parkedAt === undefined ? Number.NaN : nowMs() - Date.parse(plain.parkedAt);
  const more: (Named | undefined)[] = [
    Number.isNaN(sinceMs) ? undefined : ["parked since", ageText(sinceMs)],
    ["SQS messages", messageIds.join(", ")],
    ["signature", told(signature, authenticityText)],
    ["attributes", attributes.join(", ") || "none"],
    ["evidence", told(evidence, evidenceText)],
    ["a redrive", told(redrive, wouldText)],
    line && [
      "line",
      told(line, ({ group, place, length }) => `${place} of ${length} parked of group ${group}`),
    ],
    effect && ["effect", told(effect, (known) => JSON.stringify(known))],
    ...discardLines(discards),
    payload === undefined ? undefined : ["payload", JSON.stringify(payload)],
    original === undefined ? undefined : ["as it came", original],
  ];
  return [...rows, ...more.filter((one) => one !== undefined)];
}

function told<Value extends object>(value: Value | Unknown, text: (value: Value) => string): string {
  return isUnknown(value) ? `not known: ${value.unknown}` : text(value);
}

function isUnknown(value: object): value is Unknown {
  return "unknown" in value && typeof value.unknown === "string";
}

function discardLines(discards: Shown["discards"]): Named[] {
  if (isUnknown(discards)) return [["discarded", `not known: ${discards.unknown}`]];
  return discards.map(({ at, by, because }): Named => ["discarded", `${at} by ${by}: ${because}`]);
}

function evidenceText(evidence: Verdict): string {
  switch (evidence.kind) {
    case "open":
      return "none";
    case "done":
      return evidence.at === undefined ? "done" : `processed at ${evidence.at}`;
    case "superseded":
      return `superseded by ${evidence.by}, ${evidence.sent ? "which was sent" : "which was not sent"}`;
    case "discarded":
      return `discarded at ${evidence.at}`;
    case "lost":
      return "lost: at most once, and counted";
    case "claimed":
      return `being processed now; left until its lease ends at ${timeText(evidence.untilMs)}`;
    case "id-reused":
      return "of another message with its id";
  }
}

function wouldText({ outcome, why }: Decision): string {
  const what = { "sent-back": "would send it back", removed: "would remove it", left: "would leave it" };
  return why === undefined ? what[outcome] : `${what[outcome]}: ${why}`;
}

function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "no time" : date.toISOString();
}
