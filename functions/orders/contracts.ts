// The contracts of the functions of the orders service: their names, and the messages that they accept and publish.

import { contract } from "@essentially-once/messaging/contract";
import { CreditDenied, CreditReserved } from "../credit/messages.ts";
import { OrderShipped } from "../shipping/messages.ts";
import { OrderApproved, OrderPlaced, PlaceOrder } from "./messages.ts";

export const placeOrder = contract({
  name: "place-order",
  accepts: [PlaceOrder],
  publishes: [OrderPlaced],
});

export const settleOrder = contract({
  name: "settle-order",
  accepts: [CreditReserved, CreditDenied, OrderShipped],
  publishes: [OrderApproved],
});
