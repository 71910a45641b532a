import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { sendInvoice } from "./contracts.ts";

const invoices = environment("INVOICES_TABLE");

export const handler = consumer(sendInvoice)
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data: { customerId, orderId, total } }, unit) => {
    unit.write({
      Update: {
        TableName: invoices,
        Key: { customerId: { S: customerId }, orderId: { S: orderId } },
        UpdateExpression: "SET paid = :no ADD due :total",
        ExpressionAttributeValues: { ":no": { S: "no" }, ":total": { N: String(total) } },
      },
    });
  });
