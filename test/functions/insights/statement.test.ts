import { describe, expect, it } from "vitest";
import { CreditDenied } from "../../../functions/credit/messages.ts";
import { statementsOf } from "../../../functions/insights/statement.ts";
import { OrderApproved, OrderCanceled, OrderPlaced } from "../../../functions/orders/messages.ts";
import { OrderShipped } from "../../../functions/shipping/messages.ts";

const placed = (orderId: string, customerId: string, total: number) =>
  OrderPlaced.from({ orderId, customerId, total });

describe("a customer's statement", () => {
  it("counts an order in every step that it took, with its total", () => {
    const statements = statementsOf([
      placed("1", "anna", 100),
      placed("2", "anna", 30),
      placed("3", "ben", 7),
      OrderCanceled.from({ orderId: "2", customerId: "anna", total: 30, approved: false }),
      CreditDenied.from({ orderId: "2" }), // too late
      OrderShipped.from({ orderId: "1", consignmentId: "c" }),
    ]);
    expect(statements.get("anna")).toMatchObject({
      placed: { orders: 2, total: 130 },
      canceled: { orders: 1, total: 30 },
      shipped: { orders: 1, total: 100 },
    });
    expect(statements.get("ben")).toMatchObject({ placed: { orders: 1, total: 7 }, canceled: { orders: 0 } });
  });

  it("passes by events that it does not count", () => {
    expect(statementsOf([OrderApproved.from({ orderId: "1", shipTo: "Rome", lines: [] })]).size).toBe(0);
  });

  it("refuses the step of an order that nobody placed", () => {
    expect(() => statementsOf([CreditDenied.from({ orderId: "1" })])).toThrow("of order 1");
  });
});
