// A handler that counts how often each message took effect.
import { consumer } from "../../../functions/messaging/consumer.ts";
import type { Contract } from "../../../functions/messaging/contract.ts";
import { environment } from "../../../functions/messaging/environment.ts";
import { guards } from "../../../functions/messaging/guards.ts";
import { idempotency } from "../../../functions/messaging/idempotency.ts";
import { rows } from "../../../functions/messaging/rows.ts";

const TableName = environment("IMPORTS_TABLE");

export function counting(contract: Contract) {
  return consumer(contract)
    .use(guards())
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      const { orderId, key } = data as { orderId?: string; key?: string };
      unit.write({
        Update: {
          TableName,
          Key: { id: { S: `${contract.name} ${orderId ?? key}` } },
          UpdateExpression: "ADD #times :one",
          ExpressionAttributeNames: { "#times": "times" },
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      });
    });
}
