// Calls an API that is down at times, and allows twenty requests a second.
import { breaker } from "@essentially-once/messaging/breaker";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { RetryLater } from "@essentially-once/messaging/outcome";
import { rate } from "@essentially-once/messaging/rate";
import { rows } from "@essentially-once/messaging/rows";
import { Confirmed, Deposited } from "../../scenarios/handlers/messages.ts";

export const handler = consumer(
  contract({ name: "explored-breaker", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .use(breaker({ key: "api" }))
  .use(rate({ key: "api", perSecond: 20 }))
  .handler(async ({ id, data }, unit) => {
    const { ok } = await fetch("http://api/calls", { method: "POST" });
    if (!ok) throw new RetryLater("API_UNAVAILABLE");
    unit.publish(Confirmed.from({ ...data, account: id }));
  });
