// The messages that the orders service publishes, and the command that it accepts.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod/mini";

const orderId = z.string().check(z.minLength(1), z.maxLength(64));
const cents = z.int().check(z.positive());
const line = z.strictObject({
  sku: z.string().check(z.minLength(1), z.maxLength(64)),
  quantity: z.int().check(z.minimum(1), z.maximum(1_000)),
  unitPrice: cents.check(z.maximum(1_000_000_000)), // the largest total is still exact
});

export const PlaceOrder = messageType({
  type: "orders.place-order.v1",
  schema: z.strictObject({
    customerId: z.string().check(z.minLength(1), z.maxLength(64)),
    shipTo: z.string().check(z.minLength(1), z.maxLength(200)),
    lines: z.array(line).check(z.minLength(1), z.maxLength(1_000)), // more than a message carries
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
