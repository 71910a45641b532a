// Runs the process of an order: one message, one commit. The order itself holds its evidence and its outgoing messages.
import { advance } from "@essentially-once/messaging/advance";
import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { schedules } from "@essentially-once/messaging/schedules";
import { settleOrder } from "./order.ts";

export const handler = consumer(settleOrder)
  .use(guards())
  .use(idempotency({ evidence: inline({ table: environment("ORDERS_TABLE") }) }))
  .use(claimCheck())
  .use(schedules())
  .handler(advance(settleOrder));
