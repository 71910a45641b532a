// The account at the end: one table for people, one object for programs.

import { type Invariant, invariant } from "@essentially-once/local-cloud/internal/trial/invariant";
import type { Counts, Survivor } from "@essentially-once/local-cloud/internal/trial/tally";
import { printable } from "@essentially-once/operator/safe-text";
import { textTable } from "@essentially-once/operator/text-table";
import type { CarrierCounts } from "./carrier.ts";
import type { Reconciliation } from "./reconcile.ts";
import type { InsightsReconciliation } from "./reconcile-insights.ts";
import type { Repair } from "./repair.ts";
import type { World } from "./world.ts";

export interface Run {
  readonly orders: number;
  readonly chaos: number;
  readonly seed: number;
  readonly reconciliation: Reconciliation;
  readonly insights: InsightsReconciliation;
  readonly world: World;
  readonly counts: Counts;
  readonly survivors: readonly Survivor[];
  readonly troubles: readonly string[];
  /** What functions wanted and their roles do not allow. */
  readonly denials: readonly string[];
  /** What roles allow and nobody has used. */
  readonly unusedPermissions: readonly string[];
  readonly carrier: CarrierCounts;
  readonly repair?: Repair;
  /** Why the flow did not come to rest in time. */
  readonly stuck?: string;
  readonly measured: Measured;
}

export interface Measured {
  /** From the start of the process to the reconciliation. */
  readonly seconds: number;
  /** From the start of the process. Absent when nothing was shipped. */
  readonly secondsToFirstShipped?: number;
  /** Messages processed through the whole flow, while there was something to process. */
  readonly messagesPerSecond: number;
  readonly residentMegabytes: number;
}

export type Summary = ReturnType<typeof summaryOf>;

export function summaryOf({
  orders,
  chaos,
  seed,
  reconciliation,
  insights,
  counts,
  repair,
  stuck,
  world,
  measured,
  denials,
  unusedPermissions,
}: Run) {
  const { placed, shipped, canceled, parked, lost, doubled, moneyConserved } = reconciliation;
  const { viewsSent, viewsCounted, viewsLost, journaled, claimChecked, statementsMatch } = insights;
  const invariants = invariantsOf({ orders, reconciliation, insights, denials });
  return {
    ok: stuck === undefined && invariants.every(({ holds }) => holds),
    orders,
    chaos,
    seed,
    placed,
    shipped,
    canceled,
    parked,
    redriven: repair ? 1 : 0,
    lost,
    doubled,
    moneyConserved,
    viewsSent,
    viewsCounted,
    viewsLost,
    journaled,
    claimChecked,
    statementsMatch,
    deadLetters: world.deadLetters.length,
    duplicatesAbsorbed: counts.duplicatesAbsorbed,
    redelivered: counts.redelivered,
    kills: counts.kills,
    denied: counts.denied,
    unusedPermissions,
    ...measured,
    ...(stuck !== undefined && { stuck }),
    broken: invariants
      .filter(({ holds }) => !holds)
      .map(({ name, evidence }) => ({ invariant: name, evidence })),
  };
}

export function reportOf(run: Run): string {
  const { ok, seconds } = summaryOf(run);
  const verdict = ok ? "ok: every invariant holds" : "NOT OK: see the lines marked ✗";
  const parts = [
    invariantsPart(run),
    ordersPart(run),
    troublePart(run),
    survivorPart(run),
    deadLetterPart(run),
    repairPart(run),
    deniedPart(run),
    troublesPart(run, ok),
    run.stuck && `✗ ${run.stuck}`,
    `${verdict} (${seconds} s)`,
  ];
  return `\n${parts.filter(Boolean).join("\n\n")}\n`;
}

function invariantsOf({
  orders,
  reconciliation,
  insights,
  denials,
}: Pick<Run, "orders" | "reconciliation" | "insights" | "denials">): Invariant[] {
  const unproved = orders === 0 ? ["no order was placed, so nothing is proved: give --orders"] : [];
  return [
    invariant("there is something to count", unproved, `${orders} orders to place`),
    ...reconciliation.invariants,
    ...insights.invariants,
    invariant("permissions: each role allows what its function does", denials, "nothing was denied"),
  ];
}

function invariantsPart(run: Run): string {
  const rows = invariantsOf(run).map(({ name, holds, evidence }) => [holds ? "✓" : "✗", name, evidence]);
  return textTable(["", "RECONCILIATION", "FROM TABLES, QUEUES, THE JOURNAL AND THE CARRIER"], rows, {
    cellCharactersMax: 160,
  });
}

function ordersPart({ reconciliation, insights, world, measured, carrier }: Run): string {
  const { placed, shipped, canceled, parked, lost, doubled } = reconciliation;
  const first = measured.secondsToFirstShipped;
  return textTable(
    ["ORDERS", ""],
    [
      ["placed", `${placed}`],
      ["shipped", `${shipped}${first === undefined ? "" : `, the first ${first} s after the start`}`],
      ["canceled", `${canceled}, for lack of credit`],
      ["parked", `${parked}`],
      ["lost", `${lost}`],
      ["doubled", `${doubled}`],
      [
        "consignments",
        `${world.consignments.length}; after a crash the carrier was asked ${carrier.lookedUp} times what it had booked`,
      ],
      ["claim checks", `${insights.claimChecked} messages of wholesale orders travelled by S3`],
      [
        "views",
        `${insights.viewsSent} sent once, ${insights.viewsCounted} counted, ${insights.viewsLost} lost, which is allowed`,
      ],
      [
        "speed",
        `${measured.messagesPerSecond} messages per second, ${measured.residentMegabytes} MB at most`,
      ],
    ],
    { cellCharactersMax: 100 },
  );
}

function troublePart({ counts, chaos }: Run): string {
  return textTable(
    ["TROUBLE", `at chaos ${chaos}`],
    [
      ["function processes killed", `${counts.kills}`],
      ["batches delivered to two processes", `${counts.doubleDeliveries}`],
      ["function answers dropped", `${counts.droppedResponses}`],
      ["connections lost before the answer", `${counts.lostConnections}`],
      ["messages delivered again", `${counts.redelivered}`],
      ["duplicates absorbed", `${counts.duplicatesAbsorbed}`],
      ["views given up by their counter", `${counts.losses}`],
    ],
  );
}

function survivorPart({ survivors }: Run): string {
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

function deadLetterPart({ world }: Run): string {
  if (world.deadLetters.length === 0) return "DEAD LETTERS: none";
  return textTable(
    ["DEAD LETTERS", "REASON", "ID", "DETAIL"],
    world.deadLetters.map(({ consumer, reason, detail, id }) => [consumer, reason, id, detail]),
    { cellCharactersMax: 72 },
  );
}

function repairPart({ repair, world }: Run): string {
  if (!repair) return "";
  const { customerId, orderId, envelopeId } = repair;
  const status = world.orders.find(({ id }) => id === orderId)?.status ?? "missing";
  return [
    "REDRIVEN 1",
    `  ${envelopeId}: an account was opened for ${customerId} and the dead letter sent back; its order is now ${status}`,
  ].join("\n");
}

function deniedPart({ denials }: Run): string {
  if (denials.length === 0) return "";
  return ["DENIED", ...denials.map((line) => `  ${printable(line, 600)}`)].join("\n");
}

function troublesPart({ troubles }: Run, ok: boolean): string {
  if (ok || troubles.length === 0) return "";
  return ["WHAT FUNCTIONS SAID", ...troubles.map((text) => `  ${printable(text, 300)}`)].join("\n");
}

function moreOf(count: number): string[] {
  return count > 0 ? [`  and ${count} more`] : [];
}
