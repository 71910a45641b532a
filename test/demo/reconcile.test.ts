// Every invariant is tried against a breach of it: a reconciliation that cannot fail proves nothing.

import { deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import { describe, expect, test } from "vitest";
import { type Asked, reconcile } from "../../demo/reconcile.ts";
import type { Order } from "../../demo/tables.ts";
import type { World } from "../../demo/world.ts";

const TRASH = "{ not JSON";

describe("a run in which all went well", () => {
  test("holds every invariant, with figures", () => {
    const result = reconcile(aWorld(), asked());
    expect(broken(result)).toEqual([]);
    expect(result).toMatchObject({
      placed: 4,
      shipped: 1,
      canceled: 1,
      parked: 2,
      lost: 0,
      doubled: 0,
      moneyConserved: true,
    });
    expect(result.invariants[0]?.evidence).toBe("4 = 1 + 1 + 2");
  });

  test("an unacknowledged order that exists is no loss", () => {
    const { placements, garbage } = asked();
    const timedOut = { key: "k-1", orderIds: [], requests: 12, failure: "HTTP 500" };
    const result = reconcile(aWorld(), { garbage, placements: [timedOut, ...placements.slice(1)] });
    expect(result.doubled).toBe(0);
  });
});

describe("a breach is found:", () => {
  test("an order that stopped on its way is lost", () => {
    const world = aWorld({ orders: [...aWorld().orders, order("o-5", "new")] });
    const result = reconcile(world, asked("o-5"));
    expect(result.lost).toBe(1);
    expect(broken(result)).toEqual(["placed = shipped + canceled + parked", "nothing is lost"]);
  });

  test("an order that a client has an answer for and that does not exist is lost", () => {
    const result = reconcile(aWorld(), asked("o-gone"));
    expect(result.lost).toBe(1);
    expect(result.invariants[1]?.evidence).toContain("o-gone");
  });

  test("a key that became two orders is a doubled effect", () => {
    const { placements, garbage } = asked();
    const twice = { key: "k-9", orderIds: ["o-1", "o-2"], requests: 2 };
    expect(reconcile(aWorld(), { placements: [...placements, twice], garbage }).doubled).toBe(1);
  });

  test("an order that no answer names is a doubled effect", () => {
    const world = aWorld({ orders: [...aWorld().orders, order("o-5", "canceled")] });
    expect(reconcile(world, asked()).doubled).toBe(1);
  });

  test("two consignments for one order are a doubled effect", () => {
    const consignments = [...aWorld().consignments, { consignmentId: "C2", reference: "o-1" }];
    const result = reconcile(aWorld({ consignments }), asked());
    expect(result.doubled).toBe(1);
    expect(broken(result)).toContain("one consignment for each shipped order, none for another");
  });

  test("a consignment for an order that is not shipped", () => {
    const consignments = [...aWorld().consignments, { consignmentId: "C2", reference: "o-2" }];
    expect(broken(reconcile(aWorld({ consignments }), asked()))).toEqual([
      "one consignment for each shipped order, none for another",
    ]);
  });

  test("a consignment of other lines than the order's", () => {
    const consignments = [{ consignmentId: "C1", reference: "o-1", lines: [{ sku: "rope" }] }];
    const result = reconcile(aWorld({ consignments }), asked());
    expect(broken(result)).toEqual(["one consignment for each shipped order, none for another"]);
    expect(result.invariants[4]?.evidence).toContain("other lines");
  });

  test("a shipped order without a consignment", () => {
    expect(broken(reconcile(aWorld({ consignments: [] }), asked()))).toEqual([
      "one consignment for each shipped order, none for another",
    ]);
  });

  test("credit that was reserved twice is money that is gone", () => {
    const accounts = [{ id: "ann", version: 3, limit: 1000, available: 600 }];
    const result = reconcile(aWorld({ accounts }), asked());
    expect(result.moneyConserved).toBe(false);
    expect(broken(result)).toEqual(["money is conserved: limit = available + approved + shipped"]);
  });

  test("a good message among the dead letters", () => {
    const deadLetters = [...aWorld().deadLetters, ...letters("SettleOrder", message("m-9", "o-1"))];
    expect(broken(reconcile(aWorld({ deadLetters }), asked()))).toEqual([
      "the dead letters are the poison and nothing else",
    ]);
  });

  test("a view among the dead letters, even one of a poisoned order", () => {
    const deadLetters = [...aWorld().deadLetters, ...letters("CountOrderViews", message("m-9", "o-3"))];
    expect(broken(reconcile(aWorld({ deadLetters }), asked()))).toEqual([
      "the dead letters are the poison and nothing else",
    ]);
  });

  test("an order whose only dead letter is a view of it is lost", () => {
    const deadLetters = [
      ...letters("CountOrderViews", message("m-3", "o-3")),
      ...aWorld().deadLetters.filter(({ id }) => id !== "m-3"),
    ];
    expect(reconcile(aWorld({ deadLetters }), asked()).lost).toBe(1);
  });

  test("poison that is not among the dead letters", () => {
    const deadLetters = aWorld().deadLetters.filter(({ body }) => body !== TRASH);
    expect(broken(reconcile(aWorld({ deadLetters }), asked()))).toEqual([
      "the dead letters are the poison and nothing else",
    ]);
  });

  test("garbage that was parked for another reason than its fault", () => {
    const { deadLetters } = aWorld();
    const parkedAs = (reason: string) =>
      deadLetters.map((letter) => (letter.body === TRASH ? { ...letter, reason } : letter));
    expect(broken(reconcile(aWorld({ deadLetters: parkedAs("ACCOUNT_UNKNOWN") }), asked()))).toEqual([
      "the dead letters are the poison and nothing else",
    ]);
    for (const reason of ["NOT_JSON", "RECEIVES_EXHAUSTED", "RETRIES_EXHAUSTED"]) {
      expect(broken(reconcile(aWorld({ deadLetters: parkedAs(reason) }), asked()))).toEqual([]);
    }
  });

  test.each([
    { depths: [{ consumer: "ShipOrder", visible: 1, inFlight: 0, delayed: 0, dead: 0 }] },
    { depths: [{ consumer: "ShipOrder", visible: 0, inFlight: 1, delayed: 0, dead: 0 }] },
    { outboxRows: 1 },
  ])("something that still waits: %j", (left) => {
    expect(broken(reconcile(aWorld(left), asked()))).toEqual(["every queue and the outbox are empty"]);
  });
});

/** One order of each kind: shipped, canceled, refused by the carrier, of a stranger; and one piece of garbage. */
function aWorld(changes: Partial<World> = {}): World {
  return {
    orders: [
      order("o-1", "shipped"),
      order("o-2", "canceled"),
      { ...order("o-3", "approved"), shipTo: "Atlantis, 1 Main Road" },
      { ...order("o-4", "new"), customerId: "stranger" },
    ],
    accounts: [{ id: "ann", version: 3, limit: 1000, available: 800 }],
    shipments: [{ id: "o-1", version: 1, consignmentId: "C1" }],
    consignments: [{ consignmentId: "C1", reference: "o-1" }],
    deadLetters: [
      ...letters("ShipOrder", message("m-3", "o-3")),
      ...letters("ReserveCredit", message("m-4", "o-4"), TRASH),
    ],
    depths: [{ consumer: "ShipOrder", visible: 0, inFlight: 0, delayed: 0, dead: 1 }],
    outboxRows: 0,
    ...changes,
  };
}

function asked(...alsoAnswered: string[]): Asked {
  const ids = ["o-1", "o-2", "o-3", "o-4", ...alsoAnswered];
  return {
    placements: ids.map((id, index) => ({ key: `k-${index + 1}`, orderIds: [id], requests: 1 })),
    garbage: [{ queue: "ReserveCreditQueueUrl", body: TRASH, reason: "NOT_JSON" }],
  };
}

function order(id: string, status: Order["status"]): Order {
  return { id, status, version: 1, customerId: "ann", total: 100, shipTo: "1 Harbour Road" };
}

function message(id: string, orderId: string): string {
  return JSON.stringify({ specversion: "1.0", id, source: "/orders", type: "t", data: { orderId } });
}

function letters(consumer: string, ...bodies: string[]) {
  return deadLettersOf(
    consumer,
    bodies.map((Body, index) => ({ Body, MessageId: `sqs-${index}` })),
  );
}

function broken({ invariants }: ReturnType<typeof reconcile>): string[] {
  return invariants.filter(({ holds }) => !holds).map(({ name }) => name);
}
