import { contract } from "@essentially-once/messaging/contract";
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod";
import { OrderPlaced } from "../billing/contracts.ts";

const PlaceOrder = messageType({
  type: "shop.place-order.v1",
  schema: z.strictObject({ orderId: z.string(), customerId: z.string(), total: z.int() }),
  key: (order) => order.orderId,
});

export const placeOrder = contract({ name: "place-order", accepts: [PlaceOrder], publishes: [OrderPlaced] });
