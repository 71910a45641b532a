import { expect, it } from "vitest";
import { newOrder, settle } from "../../../functions/orders/order.ts";

const order = newOrder({
  id: "o-1",
  customerId: "c-1",
  shipTo: "Main Street 1",
  placedAt: "2026-01-01T00:00:00.000Z",
  lines: [
    { sku: "tea", quantity: 2, unitPrice: 450 },
    { sku: "cup", quantity: 1, unitPrice: 1_200 },
  ],
});

it("totals its lines and starts new", () => {
  expect(order).toMatchObject({ total: 2_100, status: "new", version: 0 });
});

it("goes new → approved → shipped or new → canceled, and no other way", () => {
  const steps = (["new", "approved", "shipped", "canceled"] as const).flatMap((from) =>
    (["new", "approved", "shipped", "canceled"] as const)
      .filter((to) => settle({ ...order, status: from }, to)?.status === to)
      .map((to) => `${from} → ${to}`),
  );
  expect(steps).toEqual(["new → approved", "new → canceled", "approved → shipped"]);
});
