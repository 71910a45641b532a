import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { atMostOnce as seenOnce } from "./contracts.ts";

const TableName = environment("PULLED_TABLE");

export const handler = consumer(seenOnce)
  .use(ageGate())
  .use(atMostOnce())
  .handler(async ({ data }, unit) => {
    unit.write({
      Update: {
        TableName,
        Key: { id: { S: data.ask } },
        UpdateExpression: "ADD #seen :one",
        ExpressionAttributeNames: { "#seen": "seen" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    });
  });
