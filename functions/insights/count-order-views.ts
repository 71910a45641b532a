// Counts how often each order was looked at: losing a view is fine, counting one twice is not (G9).
//
// Views are not signed. Whoever can sign could write any message of the system, and a shop front, which anybody may
// look at, must not be able to. Who may send here is the queue's affair; what a forged view costs is a wrong count.
import { ageGate } from "../messaging/age-gate.ts";
import { atMostOnce } from "../messaging/at-most-once.ts";
import { consumer } from "../messaging/consumer.ts";
import { environment } from "../messaging/environment.ts";
import { hopLimit } from "../messaging/hop-limit.ts";
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
        UpdateExpression: "ADD #views :one", // without a condition: the claim lets it happen once
        ExpressionAttributeNames: { "#views": "views" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    });
  });
