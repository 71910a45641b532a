// A service's own table: read, decide, write under the version that was read. It performs reads only; a write
// is returned, for the unit of work that it must commit with.
import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "./clients.ts";
import type { Write } from "./unit-of-work.ts";

/** An item and the number of times it was saved; 0 for one that is not in the table yet. */
export interface Versioned {
  readonly id: string;
  readonly version: number;
}

export interface VersionedTable<Item extends Versioned> {
  /** The item as it is now (a consistent read), or undefined. */
  get(id: string): Promise<Item | undefined>;
  /** The write that saves the item if nobody saved it since it was read. */
  save(item: Item): Write;
}

export function versionedTable<Item extends Versioned>(
  table: string,
  client: () => DynamoDBClient = dynamodb,
): VersionedTable<Item> {
  return {
    async get(id) {
      const { Item: item } = await client().send(
        new GetItemCommand({ TableName: table, Key: marshall({ id }), ConsistentRead: true }),
      );
      return item === undefined ? undefined : (unmarshall(item) as Item);
    },

    save(item) {
      const put = { TableName: table, Item: marshall({ ...item, version: item.version + 1 }) };
      if (item.version === 0) return { Put: { ...put, ConditionExpression: "attribute_not_exists(id)" } };
      return {
        Put: {
          ...put,
          ConditionExpression: "version = :read",
          ExpressionAttributeValues: { ":read": { N: String(item.version) } },
        },
      };
    },
  };
}
