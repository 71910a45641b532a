// The contracts of the functions of the shipping service: their names, and the messages that they accept and publish.
import { contract } from "@essentially-once/messaging/contract";
import { OrderApproved, OrderRecalled } from "../orders/messages.ts";
import { OrderShipped, ShippingRefused } from "./messages.ts";

export const shipOrder = contract({
  name: "ship-order",
  accepts: [OrderApproved, OrderRecalled],
  publishes: [OrderShipped, ShippingRefused],
});
