// Calls an API that allows twenty requests a second.
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rate } from "@essentially-once/messaging/rate";
import { rows } from "@essentially-once/messaging/rows";
import { Confirmed, Deposited } from "../../scenarios/handlers/messages.ts";

export const handler = consumer(
  contract({ name: "explored-rate", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .use(rate({ key: "api", perSecond: 20 }))
  .handler(async ({ id, data }, unit) => {
    await fetch("http://api/calls", { method: "POST" });
    unit.publish(Confirmed.from({ ...data, account: id }));
  });
