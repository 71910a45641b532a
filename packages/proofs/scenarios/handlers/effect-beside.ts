// Wrong on purpose: the effect is performed beside the unit of work, before the evidence commits.
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { Confirmed, Deposited } from "./messages.ts";

export const handler = consumer(
  contract({ name: "effect-beside", accepts: [Deposited], publishes: [Confirmed] }),
)
  .use(idempotency({ evidence: rows() }))
  .handler(async ({ data }, unit) => {
    await dynamodb().send(
      new UpdateItemCommand({
        TableName: process.env.ACCOUNTS_TABLE,
        Key: { id: { S: data.account } },
        UpdateExpression: "ADD #sum :amount",
        ExpressionAttributeNames: { "#sum": "sum" },
        ExpressionAttributeValues: { ":amount": { N: String(data.amount) } },
      }),
    );
    unit.publish(Confirmed.from(data));
  });
