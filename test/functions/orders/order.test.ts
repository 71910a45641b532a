import { exploreProcess } from "@essentially-once/testing/explore-process";
import { expect, it } from "vitest";
import { CreditDenied, CreditReserved } from "../../../functions/credit/messages.ts";
import { CreditOverdue, ShippingOverdue } from "../../../functions/orders/messages.ts";
import { newOrder, settleOrder } from "../../../functions/orders/order.ts";
import { OrderShipped, ShippingRefused } from "../../../functions/shipping/messages.ts";

const lines = [{ sku: "tea", quantity: 2, unitPrice: 450 }];
const order = (id: string) =>
  newOrder({ id, customerId: "c-1", lines, shipTo: "Main Street 1", placedAt: "2026" });

it("totals its lines and starts new", () => {
  expect(order("o-1")).toMatchObject({ total: 900, status: "new", version: 0 });
});

it("G14: does what its table says, whatever comes first, and whatever fails at whichever call", async () => {
  await exploreProcess(settleOrder, "functions/orders/settle-order.ts", {
    guarded: true,
    fifo: true,
    tables: { ORDERS_TABLE: { stream: true } },
    environment: () => ({ CREDIT_TIMEOUT_SECONDS: "60", SHIPPING_TIMEOUT_SECONDS: "60" }),
    given: order,
    ordersMax: 20,
    messages: (orderId) => [
      ...[CreditReserved.from({ orderId }), CreditDenied.from({ orderId }), CreditOverdue.from({ orderId })],
      ...[OrderShipped.from({ orderId, consignmentId: "c-1" }), ShippingRefused.from({ orderId })],
      ShippingOverdue.from({ orderId }),
    ],
  });
});
