// The batch requests to DynamoDB. An answer leaves out what was throttled, or what is beyond 16 MB; see batch-answer.ts.
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
//   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type DynamoDBClient,
  type KeysAndAttributes,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { RetryLater } from "../core/outcome.ts";
import { type Refused, sendInBatches } from "./batch-answer.ts";

export const getKeysMax = 100;
export const writesMax = 25;

type Item = Record<string, AttributeValue>;

/**
 * Reads items, consistently unless said otherwise: those that exist, in no order.
 * @throws RetryLater ITEMS_UNREAD when not all were read: an item that is left out is not one that does not exist
 */
export async function getItems(
  client: DynamoDBClient,
  {
    table,
    keys,
    how = {},
    deadlineMs,
  }: {
    readonly table: string;
    readonly keys: readonly Item[];
    readonly how?: Pick<KeysAndAttributes, "ConsistentRead" | "ProjectionExpression">;
    readonly deadlineMs?: number;
  },
): Promise<Item[]> {
  const items: Item[] = [];
  const unread = await sendInBatches(keys, {
    entriesMax: getKeysMax,
    deadlineMs,
    async request(Keys) {
      const wanted = { ConsistentRead: true, ...how, Keys: [...Keys] };
      const answer = await client.send(new BatchGetItemCommand({ RequestItems: { [table]: wanted } }));
      items.push(...(answer.Responses?.[table] ?? []));
      return { again: leftOut(answer.UnprocessedKeys?.[table]?.Keys), refused: [] };
    },
  });
  if (unread.length > 0) throw new RetryLater("ITEMS_UNREAD", undefined, { waited: true });
  return items;
}

/** Puts and deletes items, and returns what was not done. */
export function writeItems(
  client: DynamoDBClient,
  {
    table,
    requests,
    deadlineMs,
  }: {
    readonly table: string;
    readonly requests: readonly WriteRequest[];
    readonly deadlineMs?: number;
  },
): Promise<Refused<WriteRequest>[]> {
  return sendInBatches(requests, {
    entriesMax: writesMax,
    deadlineMs,
    async request(chunk) {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: [...chunk] } }));
      return { again: leftOut(answer.UnprocessedItems?.[table]), refused: [] };
    },
  });
}

function leftOut<Entry>(entries: readonly Entry[] = []): Refused<Entry>[] {
  return entries.map((entry) => ({ entry, code: "UNPROCESSED" }));
}
