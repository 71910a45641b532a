// Every invariant is tried against a breach of it: a reconciliation that cannot fail proves nothing.

import { describe, expect, test } from "vitest";
import type { Insights, JournalRecord, Statement } from "../../demo/insights.ts";
import { reconcileInsights } from "../../demo/reconcile-insights.ts";
import type { Order } from "../../demo/tables.ts";

const VIEWS = "views counted <= views sent";
const JOURNAL = "the journal holds each message once, without a gap";
const REBUILT = "statements = the journal folded from its beginning = rebuilt";
const CLAIMS = "wholesale orders, and they alone, travelled by claim check";
const APPROVED = "orders approved = OrderApproved in the journal";
const AGREE = "statements agree with the orders";

describe("insights in which all went well", () => {
  test("hold every invariant, with figures", () => {
    const result = reconcileInsights(insights(), told());
    expect(broken(result)).toEqual([]);
    expect(result).toMatchObject({
      viewsSent: 3,
      viewsCounted: 2,
      viewsLost: 1,
      journaled: 7,
      statementsMatch: true,
    });
    expect(result.invariants[0]?.evidence).toBe("2 <= 3; at most once, 1 lost");
  });

  test("a few views may all be lost, and nothing may have been ordered", () => {
    const nothing = { views: new Map(), journal: [], statements: new Map(), serving: 2 };
    const result = reconcileInsights(nothing, { orders: [], viewsSent: new Map([["o-1", 2]]) });
    expect(broken(result)).toEqual([]);
    expect(result.viewsLost).toBe(2);
  });
});

describe("a breach is found:", () => {
  test("a view that was counted twice, though others were lost", () => {
    const views = new Map([["o-1", 3]]);
    const result = reconcileInsights(insights({ views }), told());
    expect(broken(result)).toEqual([VIEWS]);
    expect(result.invariants[0]?.evidence).toBe("o-1: 3 counted, 2 sent");
  });

  test("a view of an order that nobody looked at", () => {
    const views = new Map([["o-9", 1]]);
    expect(broken(reconcileInsights(insights({ views }), told()))).toEqual([VIEWS]);
  });

  test("none of many views was counted", () => {
    const viewsSent = new Map([["o-1", 50]]);
    const result = reconcileInsights(insights({ views: new Map() }), { ...told(), viewsSent });
    expect(broken(result)).toEqual([VIEWS]);
  });

  test("a message that is in the journal twice", () => {
    const [first, second] = insights().journal;
    const again = first?.records[0];
    if (!first || !second || !again) throw new Error("the journal of this test has two partitions");
    const records = [...second.records, { ...again, type: "nobody.reads-it.v1", sequence: 5 }];
    const result = reconcileInsights(insights({ journal: [first, { head: 5, records }] }), told());
    expect(broken(result)).toEqual([JOURNAL]);
  });

  test.each([
    { why: "the end is missing", head: 4, sequences: [1, 2, 3] },
    { why: "one in the middle is missing", head: 3, sequences: [1, 3, 4] },
    { why: "one is behind the head", head: 2, sequences: [1, 2, 3] },
  ])("a gap in the journal: $why", ({ head, sequences }) => {
    const [first, second] = insights().journal;
    if (!first || !second) throw new Error("the journal of this test has two partitions");
    const records = first.records.map((record, index) => ({ ...record, sequence: sequences[index] ?? 0 }));
    const result = reconcileInsights(insights({ journal: [{ head, records }, second] }), told());
    expect(broken(result)).toEqual([JOURNAL]);
  });

  test("statements that were not rebuilt", () => {
    const result = reconcileInsights(insights({ serving: 1 }), told());
    expect(broken(result)).toEqual([REBUILT]);
    expect(result.statementsMatch).toBe(false);
  });

  test.each([1, 2])("generation %i counted a step twice", (generation) => {
    const twice = [{ ...ann(), shipped: { orders: 2, total: 200 } }];
    const statements = new Map([...insights().statements, [generation, twice]]);
    const result = reconcileInsights(insights({ statements }), told());
    expect(broken(result)).toContain(REBUILT);
    expect(result.invariants[2]?.evidence).toContain(`generation ${generation} says`);
  });

  test("a generation lacks a statement", () => {
    const statements = new Map([...insights().statements].slice(1));
    expect(broken(reconcileInsights(insights({ statements }), told()))).toEqual([REBUILT]);
  });

  test("the journal tells a step of an order before its placing", () => {
    const [first, second] = insights().journal;
    if (!first || !second) throw new Error("the journal of this test has two partitions");
    const [placed, ...later] = first.records.map(({ sequence, ...rest }) => rest);
    const records = numbered([...later, ...(placed ? [placed] : [])]);
    const result = reconcileInsights(insights({ journal: [{ head: 3, records }, second] }), told());
    expect(broken(result)).toEqual([REBUILT]);
    expect(result.invariants[2]?.evidence).toContain("the journal cannot be folded: no orders.order-placed");
  });

  test.each([
    {
      why: "an order that the journal does not know",
      orders: [...told().orders, order("o-5", "new")],
      breaks: [AGREE],
    },
    {
      why: "an order with another end",
      orders: [order("o-1", "canceled"), order("o-2", "canceled")],
      breaks: [AGREE, APPROVED],
    },
    { why: "no orders at all", orders: [], breaks: [AGREE, APPROVED] },
  ])("$why", ({ orders, breaks }) => {
    const result = reconcileInsights(insights(), { ...told(), orders });
    expect(broken(result)).toEqual(breaks);
    expect(result.statementsMatch).toBe(false);
  });

  test.each([
    { why: "no OrderApproved", approvals: [] },
    { why: "two of them", approvals: ["a", "b"] },
  ])("an approved order has $why in the journal", ({ approvals }) => {
    const approved = approvals.map((id) => ({
      ...event("orders.order-approved.v1", { orderId: "o-1" }),
      id,
    }));
    const [first, second] = insights().journal;
    if (!first || !second) throw new Error("the journal of this test has two partitions");
    const records = numbered([...second.records.slice(0, 3), ...approved]);
    const result = reconcileInsights(
      insights({ journal: [first, { head: records.length, records }] }),
      told(),
    );
    expect(broken(result)).toEqual([APPROVED]);
    expect(result.invariants.find(({ name }) => name === APPROVED)?.evidence).toBe(
      `o-1: ${approvals.length} OrderApproved in place of 1`,
    );
  });

  test("an order with another total", () => {
    const orders = told().orders.map((one) => ({ ...one, total: 101 }));
    expect(broken(reconcileInsights(insights(), { ...told(), orders }))).toEqual([AGREE]);
  });
});

describe("what travelled by claim check", () => {
  const approved = (changes: Partial<JournalRecord> = {}) => ({
    ...event("orders.order-approved.v1", { orderId: "o-1" }),
    sequence: 4,
    ...changes,
  });
  const withApproved = (record: JournalRecord) => {
    const [first, second] = insights().journal;
    if (!first || !second) throw new Error("the journal of this test has two partitions");
    return insights({ journal: [first, { head: 4, records: [...second.records.slice(0, 3), record] }] });
  };
  const wholesale = () => ({
    ...told(),
    orders: told().orders.map((one) => ({ ...one, lines: Array.from({ length: 800 }, () => ({})) })),
  });

  test("is counted", () => {
    const result = reconcileInsights(withApproved(approved({ dataref: "s3://claims/1" })), wholesale());
    expect(broken(result)).toEqual([]);
    expect(result.claimChecked).toBe(1);
  });

  test("is a breach when it is small, and when what is large did not", () => {
    expect(broken(reconcileInsights(withApproved(approved({ dataref: "s3://claims/1" })), told()))).toEqual([
      CLAIMS,
    ]);
    expect(broken(reconcileInsights(withApproved(approved()), wholesale()))).toEqual([CLAIMS]);
  });
});

/** Ann's two orders, one shipped and one canceled, each in a partition of its own; three views, one lost. */
function insights(changes: Partial<Insights> = {}): Insights {
  return {
    views: new Map([["o-1", 2]]),
    journal: [
      {
        head: 3,
        records: numbered([
          event("orders.order-placed.v1", { orderId: "o-1", customerId: "ann", total: 100 }),
          event("credit.credit-reserved.v1", { orderId: "o-1" }),
          event("shipping.order-shipped.v1", { orderId: "o-1", consignmentId: "C1" }),
        ]),
      },
      {
        head: 4,
        records: numbered([
          event("orders.order-placed.v1", { orderId: "o-2", customerId: "ann", total: 100 }),
          event("weather.forecast.v1", { orderId: "o-2" }),
          event("credit.credit-denied.v1", { orderId: "o-2" }),
          event("orders.order-approved.v1", { orderId: "o-1" }),
        ]),
      },
    ],
    statements: new Map([
      [1, [ann()]],
      [2, [ann()]],
    ]),
    serving: 2,
    ...changes,
  };
}

function told() {
  return {
    orders: [order("o-1", "shipped"), order("o-2", "canceled")],
    viewsSent: new Map([
      ["o-1", 2],
      ["o-2", 1],
    ]),
  };
}

function ann(): Statement {
  const one = { orders: 1, total: 100 };
  return { id: "ann", placed: { orders: 2, total: 200 }, approved: one, canceled: one, shipped: one };
}

function event(type: string, data: { orderId: string; [field: string]: unknown }) {
  return { type, data, partitionkey: data.orderId, source: "/tests", id: `${type} ${data.orderId}` };
}

function numbered(events: readonly Omit<JournalRecord, "sequence">[]): JournalRecord[] {
  return events.map((one, index) => ({ ...one, sequence: index + 1 }));
}

function order(id: string, status: Order["status"]): Order {
  return { id, status, version: 1, customerId: "ann", total: 100, shipTo: "1 Harbour Road" };
}

function broken({ invariants }: ReturnType<typeof reconcileInsights>): string[] {
  return invariants.filter(({ holds }) => !holds).map(({ name }) => name);
}
