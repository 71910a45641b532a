// The messages that the orders service publishes, and the command that it accepts.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

const orderId = z.string().min(1).max(64);
const cents = z.int().positive();
const line = z.strictObject({
  sku: z.string().min(1).max(64),
  quantity: z.int().min(1).max(1_000),
  unitPrice: cents.max(1_000_000_000), // so a total of the most lines and the largest quantities is still exact
});

export const PlaceOrder = messageType({
  type: "orders.place-order.v1",
  schema: z.strictObject({
    customerId: z.string().min(1).max(64),
    shipTo: z.string().min(1).max(200),
    lines: z.array(line).min(1).max(1_000), // a wholesale order is more than a message should carry; an item holds it
  }),
  key: (order) => order.customerId,
});

export const OrderPlaced = messageType({
  type: "orders.order-placed.v1",
  schema: z.strictObject({ orderId, customerId: z.string(), total: cents }),
  key: (order) => order.orderId,
});

/** `approved` before: then its credit was reserved. */
export const OrderCanceled = messageType({
  type: "orders.order-canceled.v1",
  schema: z.strictObject({ orderId, customerId: z.string(), total: cents, approved: z.boolean() }),
  key: (order) => order.orderId,
});

export const OrderApproved = messageType({
  type: "orders.order-approved.v1",
  schema: z.strictObject({ orderId, shipTo: z.string(), lines: z.array(line) }),
  key: (order) => order.orderId,
});

const onlyId = {
  schema: z.strictObject({ orderId }),
  key: (order: { readonly orderId: string }) => order.orderId,
};

/** To whoever ships it: not any more, if it has not left. */
export const OrderRecalled = messageType({ type: "orders.order-recalled.v1", ...onlyId });

/** Time-outs: credit, and then shipping, did not answer in time. */
export const CreditOverdue = messageType({ type: "orders.credit-overdue.v1", ...onlyId });
export const ShippingOverdue = messageType({ type: "orders.shipping-overdue.v1", ...onlyId });
