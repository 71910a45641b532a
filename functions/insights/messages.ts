// What a shop front says when somebody looks at an order: worth counting, not worth keeping.
import * as z from "zod";
import { messageType } from "../messaging/message-type.ts";

export const OrderViewed = messageType({
  type: "insights.order-viewed.v1",
  schema: z.strictObject({
    orderId: z.string().min(1).max(64),
    /** Tells two looks apart in the sender's own logs. */
    viewId: z.string().min(1).max(64).optional(),
  }),
  key: (view) => view.orderId,
});
