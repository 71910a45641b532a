// An endpoint: its receipt is in the evidence.
import { endpoint } from "@essentially-once/messaging/endpoint";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { derivedId } from "@essentially-once/messaging/ids";
import { rows } from "@essentially-once/messaging/rows";
import { pay } from "./contracts.ts";
import { Paid } from "./messages.ts";

export const handler = endpoint(pay)
  .use(idempotency({ evidence: rows() }))
  .handler(async (request, unit) => {
    const payment = derivedId(request.source, request.id);
    unit.publish(Paid.from({ payment, ...request.data }));
    return { payment };
  });
