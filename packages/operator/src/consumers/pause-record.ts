// The record of a pause: who paused a consumer, when and why. An item in the evidence table of its service, until it is
// resumed; Lambda keeps nothing of it.
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso } from "@essentially-once/messaging/clock";
import { userName } from "../connect/user-name.ts";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";

export interface Pause {
  readonly at: string;
  readonly by: string;
  readonly because: string;
}

export interface PauseRecords {
  read(queue: ConsumerQueue): Promise<Pause | undefined>;
  write(queue: ConsumerQueue, because: string): Promise<Pause>;
  /** This one: another that was written meanwhile stays. */
  remove(queue: ConsumerQueue, pause: Pause): Promise<void>;
}

export function pauseRecords(dynamodb: DynamoDBClient): PauseRecords {
  return {
    async read({ evidenceTable, name }) {
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: evidenceTable, Key: keyOf(name), ConsistentRead: true }),
      );
      return Item && (unmarshall(Item) as unknown as Pause);
    },
    async write({ evidenceTable, name }, because) {
      const pause: Pause = { at: nowIso(), by: userName(), because };
      const Item = { ...keyOf(name), ...marshall(pause) };
      await dynamodb.send(new PutItemCommand({ TableName: evidenceTable, Item }));
      return pause;
    },
    async remove({ evidenceTable, name }, { at }) {
      try {
        await dynamodb.send(
          new DeleteItemCommand({
            TableName: evidenceTable,
            Key: keyOf(name),
            ConditionExpression: "#at = :at",
            ExpressionAttributeNames: { "#at": "at" },
            ExpressionAttributeValues: marshall({ ":at": at }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error; // otherwise it is gone, perhaps by a lost response
      }
    },
  };
}

/** A colon: no evidence of a message has this id. */
function keyOf(name: string) {
  return marshall({ id: `paused:${name}` });
}
