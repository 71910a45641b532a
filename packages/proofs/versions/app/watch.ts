// At most once.
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { watch } from "./contracts.ts";

const TableName = environment("WATCHING_TABLE");

export const handler = consumer(watch)
  .use(guards())
  .use(atMostOnce())
  .handler(async ({ data: { payment } }, unit) => {
    unit.write({
      Update: {
        TableName,
        Key: { id: { S: payment } },
        UpdateExpression: "ADD #seen :one",
        ExpressionAttributeNames: { "#seen": "seen" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    });
  });
