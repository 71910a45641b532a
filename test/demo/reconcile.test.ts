// Every invariant is tried against a breach of it: a reconciliation that cannot fail proves nothing.
import type { Draft } from "@essentially-once/messaging/message-type";
import { expect, test } from "vitest";
import { wholesaleLinesMin } from "../../demo/orders.ts";
import { reconcile } from "../../demo/reconcile.ts";
import { reconcileInsights } from "../../demo/reconcile-insights.ts";
import type { World } from "../../demo/world.ts";
import { CreditDenied } from "../../functions/credit/messages.ts";
import type { Statement } from "../../functions/insights/statement.ts";
import { OrderApproved, OrderCanceled, OrderPlaced } from "../../functions/orders/messages.ts";
import type { Order } from "../../functions/orders/order.ts";
import { OrderShipped } from "../../functions/shipping/messages.ts";

const sent = new Map([["o-1", 2]]);
const one = { orders: 1, total: 100 };
const none = { orders: 0, total: 0 };
const ann = {
  id: "ann",
  version: 1,
  placed: { orders: 3, total: 300 },
  canceled: { orders: 2, total: 200 },
  shipped: one,
};
const stranger = { ...ann, id: "stranger", placed: one, canceled: one, shipped: none };
const placed = (orderId: string, customerId = "ann") => OrderPlaced.from({ orderId, customerId, total: 100 });
const canceled = (orderId: string, approved = false, customerId = "ann") =>
  OrderCanceled.from({ orderId, customerId, total: 100, approved });
const events = [
  OrderApproved.from({ orderId: "o-1", shipTo: "Main Street 1", lines: [] }),
  placed("o-1"),
  OrderShipped.from({ orderId: "o-1", consignmentId: "C1" }),
  ...[placed("o-2"), CreditDenied.from({ orderId: "o-2" })],
  ...[placed("o-3"), canceled("o-3", true), placed("o-4", "stranger"), canceled("o-4", false, "stranger")],
] as const;

test("a run in which all went well holds every invariant, with figures", () => {
  expect(brokenIn(aWorld())).toEqual([]);
  expect(reconcile(aWorld(), answers("o-1", "o-2", "o-3", "o-4")).figures).toEqual({
    ...{ placed: 4, shipped: 1, canceled: 3, parked: 0, givenBack: 1 },
    ...{ lost: 0, doubled: 0, moneyConserved: true },
  });
  expect(reconcileInsights(aWorld(), sent).figures).toEqual({
    ...{ viewsSent: 2, viewsCounted: 1, viewsLost: 1 },
    ...{ journaled: 9, claimChecked: 0, statementsMatch: true },
  });
});

test("what is poison is told by who ordered and where to, and a view of it is none", () => {
  const { isPoison } = reconcile(aWorld(), []);
  const view = { ...parked("o-3"), consumer: "CountOrderViews" };
  const all = [parked("o-3"), parked("o-4"), parked("o-1"), view];
  expect(all.map(isPoison)).toEqual([true, true, false, false]);
});

const sum = "placed = shipped + canceled + parked";
const lost = "nothing is lost";
const doubled = "nothing is doubled";
const money = "money is conserved: limit = available + reserved for shipped orders";
const consigned = "one consignment for each shipped order, none for another";
const poisoned = "each order that can never succeed is canceled, or waits parked";
const viewed = "views counted <= views sent";
const rebuilt = "statements = the journal folded from its beginning = rebuilt";
const agreed = "statements agree with the orders";
const announced = "each shipped order was approved once, and no order twice";
const claims = "wholesale orders, and they alone, travelled by claim check";

const { orders, consignments, accounts, reservations, statements } = aWorld();
const rich = accounts.map((one) => ({ ...one, available: one.limit }));
const waiting = changed("o-4", { status: "new" });
test.each<[string, Partial<World>, string[]]>([
  ["an order stopped on its way", changed("o-2", { status: "new" }), [sum, lost, agreed]],
  ["an answer without its order", { orders: orders.toSpliced(1, 1) }, [lost, agreed]],
  ["an order nobody asked for", { orders: [...orders, order("o-5", "canceled")] }, [doubled, agreed]],
  ["two consignments for an order", { consignments: booked("o-1", "o-1") }, [doubled, consigned]],
  ["a consignment for an order not shipped", { consignments: booked("o-1", "o-2") }, [consigned]],
  ["a shipped order without a consignment", { consignments: [] }, [consigned]],
  ["other lines", { consignments: consignments.map((one) => ({ ...one, lines: [1] })) }, [consigned]],
  ["credit reserved twice", { accounts: accounts.map((one) => ({ ...one, available: 0 })) }, [money]],
  ["credit that is lost", { reservations: [reserved("o-1", 100), reserved("o-2", 100)] }, [money]],
  ["credit given back, but not booked", { reservations: [...reservations, reserved("o-5", 1)] }, [money]],
  ["a shipped order that nobody pays", { reservations: [reserved("o-1", 0)], accounts: rich }, [money]],
  ["an order that waits, and statements call canceled", waiting, [agreed]],
  ["poison that is neither", { ...waiting, deadLetters: [] }, [sum, lost, poisoned, agreed]],
  ["a view counted twice", { views: [{ id: "o-1", views: 3 }] }, [viewed]],
  ["a view that nobody sent", { views: [{ id: "o-2", views: 1 }] }, [viewed]],
  ["statements not rebuilt", { statements: { ...statements, serving: 1 } }, [rebuilt]],
  ["a step counted twice", { statements: generations({ ...ann, placed: ann.shipped }, stranger) }, [rebuilt]],
  ["a generation without a statement", { statements: generations(ann) }, [rebuilt]],
  ["a step before the order's placing", { journal: journalOf([...events].reverse()) }, [rebuilt]],
  ["another total", changed("o-2", { total: 101 }), [agreed]],
  ["no OrderApproved", { journal: journalOf(events.slice(1)) }, [announced]],
  ["two OrderApproved", { journal: journalOf([...events, events[0]]) }, [announced]],
  [
    "a small order by claim check",
    { journal: journalOf([{ ...events[0], dataref: "s3://claims/1" }, ...events.slice(1)]) },
    [claims],
  ],
  ["a large order whole", wholesale(), [claims]],
])("a breach is found: %s", (_breach, changes, broken) => {
  expect(brokenIn({ ...aWorld(), ...changes }).sort()).toEqual(broken.sort());
});

function brokenIn(world: World): string[] {
  const { invariants } = reconcile(world, answers("o-1", "o-2", "o-3", "o-4"));
  const all = [...invariants, ...reconcileInsights(world, sent).invariants];
  return all.filter(({ holds }) => !holds).map(({ name }) => name);
}

/** Ann's shipped order, one that credit denies, and one that the carrier refuses; and one of an unknown customer. */
function aWorld(): World {
  return {
    orders: [
      order("o-1", "shipped"),
      order("o-2", "canceled"),
      { ...order("o-3", "canceled"), shipTo: "Atlantis, 1 Main Road" },
      { ...order("o-4", "canceled"), customerId: "stranger" },
    ],
    accounts: [{ id: "ann", version: 3, limit: 1000, available: 900 }],
    reservations: [reserved("o-1", 100), { ...reserved("o-3", 0), version: 2 }, reserved("o-4", 0)],
    shipments: [{ id: "o-1", consignmentId: "C1" }],
    consignments: booked("o-1"),
    deadLetters: [parked("o-4")],
    views: [{ id: "o-1", views: 1 }, { id: "build-statement#generations" }],
    statements: generations(ann, stranger),
    journal: journalOf(events),
  };
}

function generations(...first: Statement[]): World["statements"] {
  return { serving: 2, items: new Map([first, [ann, stranger]].map((items, n) => [n + 1, items])) };
}

function changed(id: string, changes: Partial<Order>): Partial<World> {
  return { orders: orders.map((one) => (one.id === id ? { ...one, ...changes } : one)) };
}

function wholesale(): Partial<World> {
  const lines = Array.from({ length: wholesaleLinesMin }, () => ({ sku: "tea", quantity: 1, unitPrice: 1 }));
  return { ...changed("o-1", { lines }), consignments: consignments.map((one) => ({ ...one, lines })) };
}

function order(id: string, status: Order["status"]): Order {
  const placedAt = "2026-01-01T00:00:00Z";
  return {
    id,
    status,
    version: 1,
    customerId: "ann",
    total: 100,
    shipTo: "Main Street 1",
    lines: [],
    placedAt,
  };
}

function reserved(orderId: string, amount: number): World["reservations"][number] {
  return { id: `order#${orderId}`, version: 1, customerId: "ann", amount };
}

function booked(...references: string[]): World["consignments"] {
  return references.map((reference, n) => ({ consignmentId: `C${n + 1}`, reference, lines: [] }));
}

function parked(orderId: string): World["deadLetters"][number] {
  const body = JSON.stringify({ data: { orderId } });
  return { consumer: "ShipOrder", id: orderId, reason: "TESTED", detail: "", body, copies: [] };
}

function answers(...ids: string[]) {
  return ids.map((orderId, n) => ({ key: `k-${n}`, answers: [{ orderId }], requests: 1 }));
}

function journalOf(drafts: readonly (Draft & { dataref?: string })[]): World["journal"] {
  const records = drafts.map((draft, n) => ({ ...draft, id: `m-${n}`, source: "/tests", sequence: n + 1 }));
  return [{ head: records.length, records }];
}
