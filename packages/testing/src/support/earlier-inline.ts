// Inline evidence by ids as the release before the overflow rows read and wrote it: what an environment of that release does
// to an item while a deployment runs.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { derivedId } from "@essentially-once/messaging/ids";
import { digestOf } from "@essentially-once/messaging/internal/envelope/digest";

export interface Earlier {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly consumer: string;
  readonly window: number;
}

/** Adds one to the item's `count`, once a message. */
export async function earlierInline(
  { client, table, consumer, window }: Earlier,
  message: Envelope,
): Promise<"done" | "duplicate" | "EVIDENCE_GONE" | "moved"> {
  const Key = { id: { S: message.partitionkey } };
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
  const read = Item?.eo_evidence?.S;
  const [floor, ...texts] = (read ?? "-1").split(" ");
  const key = derivedId(consumer, message.source, message.id).slice(0, 22);
  const timeMs = Date.parse(message.time) || 0;
  if (texts.some((text) => text.startsWith(`${key}.`))) return "duplicate";
  if (timeMs <= number(floor)) return "EVIDENCE_GONE";

  const all = [...texts, `${key}.${digestOf(message).digest.slice(0, 16)}.${timeMs.toString(36)}`];
  const leaving = all.splice(0, Math.max(0, all.length - window));
  const newFloor = Math.max(number(floor), ...leaving.map((text) => number(text.split(".")[2])));
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key,
        UpdateExpression: "SET eo_evidence = :evidence ADD #count :one",
        ConditionExpression: read === undefined ? "attribute_not_exists(eo_evidence)" : "eo_evidence = :read",
        ExpressionAttributeNames: { "#count": "count" },
        ExpressionAttributeValues: {
          ":evidence": { S: [newFloor.toString(36), ...all].join(" ") },
          ":one": { N: "1" },
          ...(read !== undefined && { ":read": { S: read } }),
        },
      }),
    );
    return "done";
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return "moved";
    throw error;
  }
}

function number(base36 = ""): number {
  return Number.parseInt(base36, 36);
}
