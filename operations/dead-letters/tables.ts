// Dead letters on a terminal. Nothing here shows what a message says.

import { nowMs } from "../../functions/messaging/clock.ts";
import { ageText } from "../age.ts";
import { textTable } from "../text-table.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { ReasonGroup } from "./list.ts";
import type { Handled } from "./redrive.ts";

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

export function deadLetterTable(deadLetters: readonly DeadLetter[]): string {
  return textTable(
    ["CONSUMER", "REASON", "ID", "TYPE", "PARKED", "RECEIVES", "COPIES", "DETAIL"],
    deadLetters.map(({ consumer, reason, id, type = "–", parkedAt, receiveCount, copies, detail }) => [
      consumer,
      reason,
      id,
      type,
      sinceText(parkedAt),
      `${receiveCount ?? "–"}`,
      `${copies.length}`,
      detail,
    ]),
  );
}

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
  );
}

/** A dead letter in JSON: all of it but what it says. */
export function plain({ copies, body, ...deadLetter }: DeadLetter) {
  return { ...deadLetter, bodyBytes: Buffer.byteLength(body), copies: copies.length };
}

function sinceText(time: string | undefined): string {
  return time === undefined ? "–" : `${ageText(nowMs() - Date.parse(time))} ago`;
}
