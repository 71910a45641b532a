// The contracts of the functions of the orders service: their names, and the messages that they accept and publish. That of
// settle-order is its process: order.ts.
import { contract } from "@essentially-once/messaging/contract";
import { CreditOverdue, OrderPlaced, PlaceOrder } from "./messages.ts";

export const placeOrder = contract({
  name: "place-order",
  accepts: [PlaceOrder],
  publishes: [OrderPlaced, CreditOverdue],
  schedules: [CreditOverdue],
});
