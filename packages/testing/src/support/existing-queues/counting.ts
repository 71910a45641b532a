// A handler that counts how often each message took effect.
import { consumer } from "@essentially-once/messaging/consumer";
import type { Contract } from "@essentially-once/messaging/contract";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";

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
