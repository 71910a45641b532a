// The contracts of the functions of the credit service: their names, and the messages that they accept and publish.
import { contract } from "@essentially-once/messaging/contract";
import { OrderCanceled, OrderPlaced } from "../orders/messages.ts";
import { CreditDenied, CreditReserved } from "./messages.ts";

export const reserveCredit = contract({
  name: "reserve-credit",
  accepts: [OrderPlaced, OrderCanceled],
  publishes: [CreditReserved, CreditDenied],
});
