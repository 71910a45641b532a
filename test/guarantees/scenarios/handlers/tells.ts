// Answers a deposit with data that are too large to travel.
import { claimCheck } from "../../../../functions/messaging/claim-check.ts";
import { consumer } from "../../../../functions/messaging/consumer.ts";
import { contract } from "../../../../functions/messaging/contract.ts";
import { guards } from "../../../../functions/messaging/guards.ts";
import { idempotency } from "../../../../functions/messaging/idempotency.ts";
import { rows } from "../../../../functions/messaging/rows.ts";
import { Deposited, largeText, Told } from "./messages.ts";

export const handler = consumer(contract({ name: "explored-tells", accepts: [Deposited], publishes: [Told] }))
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { account } }, unit) => {
    unit.publish(Told.from({ account, text: largeText(account) }));
  });
