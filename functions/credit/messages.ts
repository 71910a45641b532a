// The answers of the credit service to a placed order.
import { messageType } from "@essentially-once/messaging/message-type";
import * as z from "zod/mini";

const decision = z.strictObject({ orderId: z.string().check(z.minLength(1), z.maxLength(64)) });

export const CreditReserved = messageType({
  type: "credit.credit-reserved.v1",
  schema: decision,
  key: (answer) => answer.orderId,
});

export const CreditDenied = messageType({
  type: "credit.credit-denied.v1",
  schema: decision,
  key: (answer) => answer.orderId,
});
