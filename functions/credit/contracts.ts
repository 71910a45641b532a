// What the functions of the credit service are to others.
import { contract } from "@essentially-once/messaging/contract";
import { OrderPlaced } from "../orders/messages.ts";
import { CreditDenied, CreditReserved } from "./messages.ts";

export const reserveCredit = contract({
  name: "reserve-credit",
  accepts: [OrderPlaced],
  publishes: [CreditReserved, CreditDenied],
});
