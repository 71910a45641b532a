// The same process with evidence in rows: item, evidence and messages in one transaction.
import { advance } from "@essentially-once/messaging/advance";
import { consumer } from "@essentially-once/messaging/consumer";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import { payBill } from "./process-table.ts";

export const handler = consumer(payBill)
  .use(idempotency({ evidence: rows() }))
  .use(schedules())
  .handler(advance(payBill));
