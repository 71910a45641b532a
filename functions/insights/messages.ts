// The message that a shop front sends when a customer views an order: worth counting, not worth keeping.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

export const OrderViewed = messageType({
  type: "insights.order-viewed.v1",
  schema: z.strictObject({
    orderId: z.string().min(1).max(64),
    /** Tells two views apart in the sender's own logs. */
    viewId: z.string().min(1).max(64).optional(),
  }),
  key: (view) => view.orderId,
});
