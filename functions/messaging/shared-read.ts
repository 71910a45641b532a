// Reads of one moment share a request: a batch whose messages were all delivered before asks for its evidence once.
//
//   G11. A request has at most 100 keys; what DynamoDB leaves out of an answer is read item by item.
import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  GetItemCommand,
} from "@aws-sdk/client-dynamodb";

/** Reads an item by its `id`, consistently; undefined when there is none. */
export type SharedRead = (id: string) => Promise<StoredItem | undefined>;

export type StoredItem = Record<string, AttributeValue>;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const keysMax = 100;

export function sharedRead({
  table,
  client,
  attribute,
}: {
  readonly table: string;
  readonly client: () => DynamoDBClient;
  /** Only this attribute of the items, beside their `id`; all of them unless given. */
  readonly attribute?: string;
}): SharedRead {
  const how = {
    ConsistentRead: true, // what was done a moment ago counts
    ...(attribute !== undefined && { ProjectionExpression: `id, ${attribute}` }),
  };
  let wanted = new Map<string, PromiseWithResolvers<StoredItem | undefined>>();

  return function read(id) {
    // Whoever is ready in this turn of the event loop comes along: nobody waits for a timer.
    if (wanted.size === 0) setImmediate(flush);
    const asked = wanted.get(id) ?? Promise.withResolvers<StoredItem | undefined>();
    wanted.set(id, asked);
    return asked.promise;
  };

  function flush(): void {
    const all = [...wanted];
    wanted = new Map();
    for (let start = 0; start < all.length; start += keysMax) void answer(all.slice(start, start + keysMax));
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
    const found = ids.length === 1 ? await readEach(ids) : await readTogether(ids);
    return new Map(found.map((item) => [item.id?.S ?? "", item]));
  }

  async function readTogether(ids: readonly string[]): Promise<StoredItem[]> {
    const Keys = ids.map((id) => ({ id: { S: id } }));
    const { Responses = {}, UnprocessedKeys = {} } = await client().send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ...how } } }),
    );
    const leftOut = UnprocessedKeys[table]?.Keys ?? [];
    return [...(Responses[table] ?? []), ...(await readEach(leftOut.map(({ id }) => id?.S ?? "")))];
  }

  async function readEach(ids: readonly string[]): Promise<StoredItem[]> {
    const answers = await Promise.all(
      ids.map((id) =>
        client().send(new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ...how })),
      ),
    );
    return answers.map(({ Item }) => Item).filter((item) => item !== undefined);
  }
}

type Asked = readonly [id: string, PromiseWithResolvers<StoredItem | undefined>];
