// The message that a shop front sends when a customer views an order: worth counting, not worth keeping.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod/mini";

export const OrderViewed = messageType({
  type: "insights.order-viewed.v1",
  schema: z.strictObject({
    orderId: z.string().check(z.minLength(1), z.maxLength(64)),
    /** Tells two views apart in the sender's own logs. */
    viewId: z.optional(z.string().check(z.minLength(1), z.maxLength(64))),
  }),
  key: (view) => view.orderId,
});
