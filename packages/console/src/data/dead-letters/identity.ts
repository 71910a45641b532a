// What names a dead letter in a request, and what names the failure that it has in common with others.

import { createHash } from "node:crypto";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";

const KEY_CHARACTERS = 22;

/** The same for all copies of a message in a dead-letter queue, as long as it is the same message. */
export function keyOf({ consumer, source = "", id, body, copies }: DeadLetter): string {
  const signature = cameWith(copies[0] ?? {}).Signature?.StringValue ?? "";
  return digest([consumer, source, id, signature, body]);
}

/** The same for two sendings of the same text with the same signature: a forgery of a message has another. */
export function wordingOf(signature: string | undefined, body: string): string {
  return digest([signature ?? "", body]);
}

export interface Failure {
  /** The fingerprint. */
  readonly group: string;
  readonly place: string;
  readonly placeKind: "code" | "detail";
}

/** In `describedError`'s words: `TypeError at credit/reserve-credit.ts:17:9`. */
const CODE_PLACE = / at (?<file>[^\s:]+):(?<line>\d+):\d+$/;
const PLACE_MAX = 200;

/** Of the same failure the same, whatever message met it: the detail counts without ids, numbers and quoted text. */
export function failureOf({ consumer, reason, detail }: DeadLetter): Failure {
  const { file, line } = CODE_PLACE.exec(detail)?.groups ?? {};
  const isCode = file !== undefined;
  const place = isCode ? `${file}:${line}` : withoutData(detail);
  return { group: digest([consumer, reason, place]), place, placeKind: isCode ? "code" : "detail" };
}

function withoutData(detail: string): string {
  return detail
    .replace(/"[^"]*"|'[^']*'/g, '"…"')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "…")
    .replace(/[\w-]*\d[\w.:-]*/g, "…")
    .slice(0, PLACE_MAX);
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, KEY_CHARACTERS);
}
