// The account at the end: tables for people, one object for programs.

import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { printable } from "@essentially-once/operator/safe-text";
import { textTable } from "@essentially-once/operator/text-table";
import type { Counts, Survivor } from "../look/tally.ts";
import type { Invariant } from "./invariant.ts";

export interface Account {
  /** What was sent, in the plural. */
  readonly sends: string;
  readonly count: number;
  readonly chaos: number;
  readonly seed: number;
  readonly invariants: readonly Invariant[];
  /** The app's own figures: for people, each with its name, and for programs. */
  readonly figures: readonly (readonly [name: string, text: string])[];
  readonly summary: Readonly<Record<string, unknown>>;
  /** More to be told, in paragraphs. */
  readonly notes: readonly string[];
  readonly deadLetters: readonly DeadLetter[];
  readonly counts: Counts;
  readonly survivors: readonly Survivor[];
  readonly troubles: readonly string[];
  /** What functions wanted and their roles do not allow. */
  readonly denials: readonly string[];
  /** What roles allow and nobody has used. */
  readonly unusedPermissions: readonly string[];
  /** Why the flow did not become idle in time. */
  readonly stuck?: string | undefined;
  readonly measured: Measured;
}

export interface Measured {
  /** From the start of the process to the account. */
  readonly seconds: number;
  /** Messages processed through the whole flow, while there was something to process. */
  readonly messagesPerSecond: number;
  readonly residentMegabytes: number;
}

export function summaryOf(account: Account) {
  const { sends, count, chaos, seed, invariants, summary, deadLetters, counts, stuck } = account;
  return {
    ok: stuck === undefined && invariants.every(({ holds }) => holds),
    [sends]: count,
    chaos,
    seed,
    ...summary,
    deadLetters: deadLetters.length,
    duplicatesAbsorbed: counts.duplicatesAbsorbed,
    redelivered: counts.redelivered,
    kills: counts.kills,
    denied: counts.denied,
    unusedPermissions: account.unusedPermissions,
    ...account.measured,
    ...(stuck !== undefined && { stuck }),
    broken: invariants
      .filter(({ holds }) => !holds)
      .map(({ name, evidence }) => ({ invariant: name, evidence })),
  };
}

/** @param stays what is said of a local cloud that stays up; empty for one that ends */
export function reportOf(account: Account, stays = ""): string {
  const { ok } = summaryOf(account);
  const parts = [
    invariantsPart(account),
    figuresPart(account),
    troublePart(account),
    survivorPart(account),
    deadLetterPart(account),
    ...account.notes,
    deniedPart(account),
    troublesPart(account, ok),
    account.stuck && `✗ ${account.stuck}`,
    stays,
    verdictOf(account),
  ];
  return `\n${parts.filter(Boolean).join("\n\n")}\n`;
}

export function verdictOf(account: Account): string {
  const { ok, seconds } = summaryOf(account);
  return `${ok ? "ok: every invariant holds" : "NOT OK: see the lines marked ✗"} (${seconds} s)`;
}

function invariantsPart({ invariants }: Account): string {
  const rows = invariants.map(({ name, holds, evidence }) => [holds ? "✓" : "✗", name, evidence]);
  return textTable(["", "RECONCILIATION", "FROM TABLES, QUEUES, THE JOURNAL AND WHO IS OUTSIDE"], rows, {
    cellCharactersMax: 160,
  });
}

function figuresPart({ sends, figures, measured }: Account): string {
  const { messagesPerSecond, residentMegabytes } = measured;
  const speed = ["speed", `${messagesPerSecond} messages per second, ${residentMegabytes} MB at most`];
  return textTable([sends.toUpperCase(), ""], [...figures, speed], { cellCharactersMax: 100 });
}

function troublePart({ counts, chaos }: Account): string {
  return textTable(
    ["TROUBLE", `at chaos ${chaos}`],
    [
      ["function processes killed", `${counts.kills}`],
      ["batches delivered to two processes", `${counts.doubleDeliveries}`],
      ["function answers dropped", `${counts.droppedResponses}`],
      ["connections lost before the answer", `${counts.lostConnections}`],
      ["messages delivered again", `${counts.redelivered}`],
      ["duplicates absorbed", `${counts.duplicatesAbsorbed}`],
      ["given up by who may lose messages", `${counts.losses}`],
    ],
  );
}

function survivorPart({ survivors }: Account): string {
  if (survivors.length === 0) return "";
  const byEnding = Map.groupBy(survivors, ({ ending }) => ending); // killed before its commit, or after it
  const examples = [...byEnding.values()].flatMap((alike) => alike.slice(0, 2));
  const table = textTable(
    ["REDELIVERED", "BECAUSE THE FUNCTION DIED WITH IT", "DELIVERY", "WAS THEN"],
    examples.map(({ functionName, envelopeId, receiveCount, ending = "–" }) => [
      functionName,
      envelopeId,
      `${receiveCount}`,
      ending,
    ]),
  );
  return [table, ...moreOf(survivors.length - examples.length)].join("\n");
}

function deadLetterPart({ deadLetters }: Account): string {
  if (deadLetters.length === 0) return "DEAD LETTERS: none";
  return textTable(
    ["DEAD LETTERS", "REASON", "ID", "DETAIL"],
    deadLetters.map(({ consumer, reason, detail, id }) => [consumer, reason, id, detail]),
    { cellCharactersMax: 72 },
  );
}

function deniedPart({ denials }: Account): string {
  if (denials.length === 0) return "";
  return ["DENIED", ...denials.map((line) => `  ${printable(line, 600)}`)].join("\n");
}

function troublesPart({ troubles }: Account, ok: boolean): string {
  if (ok || troubles.length === 0) return "";
  return ["WHAT FUNCTIONS SAID", ...troubles.map((text) => `  ${printable(text, 300)}`)].join("\n");
}

function moreOf(count: number): string[] {
  return count > 0 ? [`  and ${count} more`] : [];
}
