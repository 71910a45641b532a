// Answers a deposit with data that are too large to travel.
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { Deposited, largeText, Told } from "./messages.ts";

export const handler = consumer(
  contract({ name: "explored-publish-large", accepts: [Deposited], publishes: [Told] }),
)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(claimCheck())
  .handler(async ({ data: { account } }, unit) => {
    unit.publish(Told.from({ account, text: largeText(account) }));
  });
