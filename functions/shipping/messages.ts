// What the shipping service publishes when the carrier has booked a consignment, or it is final that none will be.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod/mini";

const id = z.string().check(z.minLength(1), z.maxLength(64));

export const OrderShipped = messageType({
  type: "shipping.order-shipped.v1",
  schema: z.strictObject({ orderId: id, consignmentId: id }),
  key: (shipment) => shipment.orderId,
});

export const ShippingRefused = messageType({
  type: "shipping.shipping-refused.v1",
  schema: z.strictObject({ orderId: id }),
  key: (refusal) => refusal.orderId,
});
