// A process with a wait that can begin anew: a bill is paid in parts, reminded of when it is overdue, and extended.
import { advance } from "@essentially-once/messaging/advance";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { schedules } from "@essentially-once/messaging/schedules";
import { payBill } from "./process-table.ts";

export const handler = consumer(payBill)
  .use(idempotency({ evidence: inline({ table: environment("BILLS_TABLE") }) }))
  .use(schedules())
  .handler(advance(payBill));
