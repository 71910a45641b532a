// What the shipping service publishes when the carrier has booked a consignment, or it is final that none will be.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

export const OrderShipped = messageType({
  type: "shipping.order-shipped.v1",
  schema: z.strictObject({ orderId: z.string().min(1).max(64), consignmentId: z.string().min(1).max(64) }),
  key: (shipment) => shipment.orderId,
});

export const ShippingRefused = messageType({
  type: "shipping.shipping-refused.v1",
  schema: z.strictObject({ orderId: z.string().min(1).max(64) }),
  key: (refusal) => refusal.orderId,
});
