import { exploreEndpoint } from "@essentially-once/testing/explore-endpoint";
import { expect, it } from "vitest";
import { PlaceOrder } from "../../../functions/orders/messages.ts";

const anOrder = (customerId: string) => ({
  customerId,
  shipTo: "Main Street 1",
  lines: [{ sku: "tea", quantity: 2, unitPrice: 450 }],
});

it("G1, G2: makes one order and announces it once, whatever fails at whichever call", async () => {
  await exploreEndpoint("functions/orders/place-order.ts", {
    guarded: true,
    tables: { ORDERS_TABLE: { stream: true }, SCHEDULES_TABLE: {} },
    environment: () => ({ CREDIT_TIMEOUT_SECONDS: "60" }),
    request: anOrder,
    invariant: async (sandbox, customerId, { answer, published }) => {
      const orders = (await sandbox.items("ORDERS_TABLE")).filter((order) => order.customerId === customerId);
      expect(orders).toMatchObject([{ id: answer.orderId, version: 1, status: "new", total: 900 }]);
      const waiting = (await sandbox.items("SCHEDULES_TABLE")).filter(
        (one) => one.key === `settle-order/${answer.orderId}`,
      );
      expect(waiting).toHaveLength(1);
      const data = { orderId: answer.orderId, customerId, total: 900 };
      expect(published).toMatchObject([{ type: "orders.order-placed.v1", data }]);
    },
  });
});

it.each([{ lines: [] }, { total: 1 }, { lines: [{ sku: "s", quantity: 1, unitPrice: 2 ** 53 - 1 }] }])(
  "refuses an order with %j",
  async (wrong) => {
    await expect(PlaceOrder.parse({ ...anOrder("c-1"), ...wrong })).rejects.toThrow(/invalid/);
  },
);
