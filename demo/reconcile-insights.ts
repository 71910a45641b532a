// Compares what insights made of the flow with the flow itself. Pure: everything comes from the tables and the
// journal; only how many views were sent is the sender's word.

import { type Invariant, invariant } from "@essentially-once/local-cloud/internal/trial/invariant";
import { statementsOf } from "../functions/insights/statement.ts";
import { OrderApproved } from "../functions/orders/messages.ts";
import type { Insights, Statement } from "./insights.ts";
import { WHOLESALE_LINES_MIN } from "./orders.ts";
import type { Order } from "./tables.ts";

export interface InsightsReconciliation {
  readonly viewsSent: number;
  readonly viewsCounted: number;
  /** Allowed: views are counted at most once. */
  readonly viewsLost: number;
  /** Messages in the journal. */
  readonly journaled: number;
  /** Those among them that travelled by claim check. */
  readonly claimChecked: number;
  readonly statementsMatch: boolean;
  readonly invariants: readonly Invariant[];
}

export interface Told {
  readonly orders: readonly Order[];
  /** Order id → views. */
  readonly viewsSent: ReadonlyMap<string, number>;
}

/** With fewer than this, chaos may lose every one. */
const VIEWS_OF_WHICH_SOME_ARRIVE = 50;

export function reconcileInsights(insights: Insights, told: Told): InsightsReconciliation {
  const viewsSent = sum(told.viewsSent);
  const viewsCounted = sum(insights.views);
  const journaled = insights.journal.reduce((all, { records }) => all + records.length, 0);
  const claims = insights.journal.flatMap(({ records }) => records.filter(({ dataref }) => dataref));
  const served = insights.statements.get(insights.serving) ?? [];
  const rebuilt = invariant(
    "statements = the journal folded from its beginning = rebuilt",
    foldErrors(insights),
    `${served.length} statements; generation ${insights.serving} serves`,
  );
  const agreement = invariant(
    "statements agree with the orders",
    orderErrors(served, told.orders),
    `${told.orders.length} orders of ${served.length} customers, to the cent`,
  );
  return {
    viewsSent,
    viewsCounted,
    viewsLost: viewsSent - viewsCounted,
    journaled,
    claimChecked: claims.length,
    statementsMatch: rebuilt.holds && agreement.holds,
    invariants: [
      invariant(
        "views counted <= views sent",
        viewErrors(insights, told, { viewsSent, viewsCounted }),
        `${viewsCounted} <= ${viewsSent}; at most once, ${viewsSent - viewsCounted} lost`,
      ),
      invariant(
        "the journal holds each message once, without a gap",
        journalErrors(insights),
        `${journaled} messages in ${insights.journal.length} partitions`,
      ),
      rebuilt,
      agreement,
      invariant(
        "orders approved = OrderApproved in the journal",
        approvalErrors(insights, told.orders),
        `${approvalsIn(insights).length} orders, each announced once`,
      ),
      invariant(
        "wholesale orders, and they alone, travelled by claim check",
        claimErrors(insights, told.orders),
        `${claims.length} of ${journaled} messages, the carrier got every line of them`,
      ),
    ],
  };
}

function viewErrors(
  { views }: Insights,
  told: Told,
  { viewsSent, viewsCounted }: { viewsSent: number; viewsCounted: number },
): string[] {
  return [
    ...[...views]
      .map(([orderId, counted]) => ({ orderId, counted, sent: told.viewsSent.get(orderId) ?? 0 }))
      .filter(({ counted, sent }) => counted > sent)
      .map(({ orderId, counted, sent }) => `${orderId}: ${counted} counted, ${sent} sent`),
    ...(viewsCounted === 0 && viewsSent >= VIEWS_OF_WHICH_SOME_ARRIVE
      ? [`none of ${viewsSent} was counted`]
      : []),
  ];
}

/** The messages of `inline` items come by their table's stream: none may be missing, and none be of no order. */
function approvalErrors(insights: Insights, orders: readonly Order[]): string[] {
  const announced = Map.groupBy(approvalsIn(insights), ({ partitionkey }) => partitionkey);
  const approved = orders.filter(({ status }) => status === "approved" || status === "shipped");
  const ids = new Set([...announced.keys(), ...approved.map(({ id }) => id)]);
  const expected = new Set(approved.map(({ id }) => id));
  return [...ids]
    .map((id) => ({ id, times: announced.get(id)?.length ?? 0, right: expected.has(id) ? 1 : 0 }))
    .filter(({ times, right }) => times !== right)
    .map(({ id, times, right }) => `${id}: ${times} OrderApproved in place of ${right}`);
}

function approvalsIn({ journal }: Insights) {
  return journal.flatMap(({ records }) => records.filter(({ type }) => type === OrderApproved.type));
}

function claimErrors({ journal }: Insights, orders: readonly Order[]): string[] {
  const wholesale = new Set(
    orders.filter(({ lines = [] }) => lines.length >= WHOLESALE_LINES_MIN).map(({ id }) => id),
  );
  return journal
    .flatMap(({ records }) => records)
    .filter(({ type, partitionkey, dataref }) => {
      const isLarge = type === OrderApproved.type && wholesale.has(partitionkey);
      return isLarge !== (dataref !== undefined);
    })
    .map(
      ({ type, partitionkey, dataref }) =>
        `${type} of ${partitionkey} travelled ${dataref ? "by S3" : "whole"}`,
    );
}

function journalErrors({ journal }: Insights): string[] {
  const all = journal.flatMap(({ records }) => records);
  const byIdentity = Map.groupBy(all, ({ source, id }) => `${source} ${id}`);
  return [
    ...journal.flatMap(({ head, records }, partition) => {
      const gap = records.findIndex(({ sequence }, index) => sequence !== index + 1);
      const end = gap === -1 ? records.length : gap;
      return end === head ? [] : [`partition ${partition} is whole up to ${end}, its head is ${head}`];
    }),
    ...[...byIdentity]
      .filter(([, alike]) => alike.length > 1)
      .map(([identity, alike]) => `${identity} is in it ${alike.length} times`),
  ];
}

/** Each generation that ever served, against the whole journal. */
function foldErrors({ journal, statements, serving }: Insights): string[] {
  if (serving < 2) return ["they were not rebuilt"];
  const folded = foldOf(journal.flatMap(({ records }) => records));
  if (typeof folded === "string") return [folded];
  return Array.from({ length: serving }, (_, index) => index + 1).flatMap((generation) =>
    differences(statements.get(generation) ?? [], folded, {
      left: `generation ${generation}`,
      right: "the journal",
    }),
  );
}

function foldOf(events: Parameters<typeof statementsOf>[0]): readonly Statement[] | string {
  try {
    return [...statementsOf(events).values()];
  } catch (error) {
    return `the journal cannot be folded: ${error instanceof Error ? error.message : error}`;
  }
}

function orderErrors(statements: readonly Statement[], orders: readonly Order[]): string[] {
  const byCustomer = Map.groupBy(orders, ({ customerId }) => customerId);
  const expected = [...byCustomer].map(([id, theirs]) => {
    const tally = (...statuses: Order["status"][]) => {
      const counted = theirs.filter(({ status }) => statuses.includes(status));
      return { orders: counted.length, total: counted.reduce((sum, { total }) => sum + total, 0) };
    };
    return {
      id,
      placed: tally("new", "approved", "shipped", "canceled"),
      approved: tally("approved", "shipped"), // a shipped one was approved before
      canceled: tally("canceled"),
      shipped: tally("shipped"),
    };
  });
  return differences(statements, expected, { left: "the statement", right: "the orders" });
}

function differences(
  left: readonly Statement[],
  right: readonly Statement[],
  names: { left: string; right: string },
): string[] {
  const [leftTexts, rightTexts] = [left, right].map(
    (side) => new Map(side.map((statement) => [statement.id, textOf(statement)])),
  ) as [Map<string, string>, Map<string, string>];
  return [...new Set([...leftTexts.keys(), ...rightTexts.keys()])]
    .filter((id) => leftTexts.get(id) !== rightTexts.get(id))
    .map(
      (id) =>
        `${id}: ${names.left} says ${leftTexts.get(id) ?? "nothing"}, ` +
        `${names.right} says ${rightTexts.get(id) ?? "nothing"}`,
    );
}

/** `placed 3 (4200), approved ...`: without the version, which counts saves. */
function textOf({ placed, approved, canceled, shipped }: Statement): string {
  return Object.entries({ placed, approved, canceled, shipped })
    .map(([step, { orders, total }]) => `${step} ${orders} (${total})`)
    .join(", ");
}

function sum(views: ReadonlyMap<string, number>): number {
  return [...views.values()].reduce((all, some) => all + some, 0);
}
