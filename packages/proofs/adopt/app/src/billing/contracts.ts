import { contract } from "@essentially-once/messaging/contract";
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";

export const OrderPlaced = messageType({
  type: "shop.order-placed.v1",
  schema: z.strictObject({ orderId: z.string(), customerId: z.string(), total: z.int() }),
  key: (order) => order.orderId,
});

export const sendInvoice = contract({ name: "send-invoice", accepts: [OrderPlaced] });
