// A count that may lose and never doubles.
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { Deposited } from "./messages.ts";

export const handler = consumer(contract({ name: "explored-at-most-once", accepts: [Deposited] }))
  .use(atMostOnce())
  .handler(async ({ data }, unit) => {
    unit.write({
      Update: {
        TableName: process.env.ACCOUNTS_TABLE ?? "",
        Key: { id: { S: data.account } },
        UpdateExpression: "ADD #sum :amount", // needs no condition: the message is taken at most once
        ExpressionAttributeNames: { "#sum": "sum" },
        ExpressionAttributeValues: { ":amount": { N: String(data.amount) } },
      },
    });
  });
