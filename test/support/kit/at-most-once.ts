import { ageGate } from "../../../functions/messaging/age-gate.ts";
import { atMostOnce } from "../../../functions/messaging/at-most-once.ts";
import { consumer } from "../../../functions/messaging/consumer.ts";
import { environment } from "../../../functions/messaging/environment.ts";
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
