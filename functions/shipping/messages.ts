// The message that the shipping service publishes when the carrier has booked a consignment.

import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

export const OrderShipped = messageType({
  type: "shipping.order-shipped.v1",
  schema: z.strictObject({ orderId: z.string().min(1).max(64), consignmentId: z.string().min(1).max(64) }),
  key: (shipment) => shipment.orderId,
});
