// Counts how often each order was viewed: losing a view is fine, counting one twice is not (G9).
//
// Views are not signed. A holder of the key could sign any message of the system, so a public shop front must not have it.
// The queue's policy limits who may send here, and a forged view causes only a wrong count.
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { hopLimit } from "@essentially-once/messaging/internal/trust/hop-limit";
import { countOrderViews } from "./contracts.ts";

const insightsTable = environment("INSIGHTS_TABLE");

export const handler = consumer(countOrderViews)
  .use(ageGate())
  .use(hopLimit())
  .use(atMostOnce())
  .handler(async (message, unit) => {
    unit.write({
      Update: {
        TableName: insightsTable,
        Key: { id: { S: message.data.orderId } },
        UpdateExpression: "ADD #views :one", // needs no condition: the message is taken at most once
        ExpressionAttributeNames: { "#views": "views" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    });
  });
