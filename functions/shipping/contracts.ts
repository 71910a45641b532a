// What the functions of the shipping service are to others.
import { contract } from "@essentially-once/messaging/contract";
import { OrderApproved } from "../orders/messages.ts";
import { OrderShipped } from "./messages.ts";

export const shipOrder = contract({
  name: "ship-order",
  accepts: [OrderApproved],
  publishes: [OrderShipped],
});
