// Counts how often each order was looked at: losing a view is fine, counting one twice is not (G9).
//
// Views are not signed. Whoever can sign could write any message of the system, and a shop front, which anybody may
// look at, must not be able to. Who may send here is the queue's affair; what a forged view costs is a wrong count.

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
