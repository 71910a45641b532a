// Reads of one moment share a request: a batch whose messages were all delivered before asks for its evidence once.
//
//   G11. A request has at most 100 keys; what DynamoDB leaves out of an answer is asked for again, inside bounds.
import { type AttributeValue, type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { getItems, getKeysMax } from "./dynamodb-batch.ts";

/** Reads an item by its `id`, consistently; undefined when there is none. */
export type SharedRead = (id: string) => Promise<StoredItem | undefined>;

export type StoredItem = Record<string, AttributeValue>;

export function sharedRead({
  table,
  client,
  attributes,
}: {
  readonly table: string;
  readonly client: () => DynamoDBClient;
  /** Only these attributes of the items, beside their `id`; all of them unless given. */
  readonly attributes?: readonly string[];
}): SharedRead {
  const how = {
    ConsistentRead: true, // what was done a moment ago counts
    ...(attributes && { ProjectionExpression: ["id", ...attributes].join(", ") }),
  };
  let wanted = new Map<string, PromiseWithResolvers<StoredItem | undefined>>();

  return function read(id) {
    // All reads of this turn of the event loop share the request, so no read waits for a timer.
    if (wanted.size === 0) setImmediate(flush);
    const asked = wanted.get(id) ?? Promise.withResolvers<StoredItem | undefined>();
    wanted.set(id, asked);
    return asked.promise;
  };

  function flush(): void {
    const all = [...wanted];
    wanted = new Map();
    for (let start = 0; start < all.length; start += getKeysMax)
      void answer(all.slice(start, start + getKeysMax));
  }

  /** Never rejects: each of those who asked is told. */
  async function answer(asked: readonly Asked[]): Promise<void> {
    try {
      const items = await readAll(asked.map(([id]) => id));
      for (const [id, { resolve }] of asked) resolve(items.get(id));
    } catch (error) {
      for (const [, { reject }] of asked) reject(error);
    }
  }

  async function readAll(ids: readonly string[]): Promise<Map<string, StoredItem>> {
    const [first, ...others] = ids;
    const found = first && others.length === 0 ? await readOne(first) : await readTogether(ids);
    return new Map(found.map((item) => [item.id?.S ?? "", item]));
  }

  async function readTogether(ids: readonly string[]): Promise<StoredItem[]> {
    return getItems(client(), { table, keys: ids.map((id) => ({ id: { S: id } })), how });
  }

  async function readOne(id: string): Promise<StoredItem[]> {
    const { Item } = await client().send(
      new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ...how }),
    );
    return Item === undefined ? [] : [Item];
  }
}

type Asked = readonly [id: string, PromiseWithResolvers<StoredItem | undefined>];
