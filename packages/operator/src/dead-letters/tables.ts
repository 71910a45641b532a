// Dead letters on a terminal. Nothing here shows what a message says.

import { nowMs } from "@essentially-once/messaging/clock";
import { ageText } from "../terminal/age.ts";
import { textTable } from "../terminal/text-table.ts";
import type { Authenticity } from "./authenticity.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { ReasonGroup } from "./list.ts";
import type { Handled } from "./redrive.ts";
import type { RedriveResult } from "./redrive-results.ts";

export function reasonTable(groups: readonly ReasonGroup[]): string {
  return textTable(
    ["REASON", "COUNT", "OLDEST", "CONSUMERS", "ONE OF THEM"],
    groups.map(({ reason, count, oldest, consumers, example }) => [
      reason,
      `${count}`,
      sinceText(oldest),
      consumers.join(", "),
      example,
    ]),
  );
}

export interface Signed {
  readonly deadLetter: DeadLetter;
  readonly authenticity: Authenticity;
}

export function deadLetterTable(all: readonly Signed[]): string {
  return textTable(
    ["CONSUMER", "REASON", "ID", "TYPE", "SIGNATURE", "PARKED", "RECEIVES", "COPIES", "DETAIL"],
    all.map(({ deadLetter, authenticity }) => {
      const { consumer, reason, id, type = "–", parkedAt, receiveCount, copies, detail } = deadLetter;
      const receives = `${receiveCount ?? "–"}`;
      const { kind } = authenticity;
      return [consumer, reason, id, type, kind, sinceText(parkedAt), receives, `${copies.length}`, detail];
    }),
  );
}

export function redriveResultTable(became: readonly RedriveResult[]): string {
  return textTable(
    ["CONSUMER", "ID", "BECAME", "REASON", "DETAIL"],
    became.map(({ consumer, id, became: end, reason = "", detail = "" }) => [
      consumer,
      id,
      redriveResultTexts[end],
      reason,
      detail,
    ]),
  );
}

const redriveResultTexts: Readonly<Record<RedriveResult["became"], string>> = {
  done: "done",
  "parked-again": "parked again",
  "on-the-way": "still in progress",
  gone: "received from the queue, without evidence here",
};

export function handledTable(handled: readonly Handled[], dryRun: boolean): string {
  return textTable(
    ["CONSUMER", "REASON", "ID", dryRun ? "WOULD BE" : "WAS", "BECAUSE"],
    handled.map(({ deadLetter: { consumer, reason, id }, outcome, why = "" }) => [
      consumer,
      reason,
      id,
      outcome.replace("-", " "),
      why,
    ]),
    { cellCharactersMax: 160 }, // why one is left is what matters, and names several types
  );
}

/** A dead letter in JSON: all of it but what it says. */
export function plain({ copies, body, notes: _told, ...deadLetter }: DeadLetter) {
  const messageIds = copies.map(({ MessageId }) => MessageId);
  return { ...deadLetter, bodyBytes: Buffer.byteLength(body), copies: copies.length, messageIds };
}

function sinceText(time: string | undefined): string {
  const ms = nowMs() - Date.parse(time ?? "");
  return Number.isNaN(ms) ? "–" : `${ageText(ms)} ago`;
}
