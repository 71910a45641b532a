// A service's own table: read, decide, write under the version that was read. It performs reads only; a write
// is returned, for the unit of work that it must commit with.
//
//   G2. The kit's own attributes in an item (evidence and messages, see inline.ts) are neither shown nor lost: a save
//   updates the domain's attributes only.
import { type AttributeValue, type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { Park } from "../core/outcome.ts";
import { hiddenPrefix } from "./item-evidence.ts";
import { isItemId, itemIdRule } from "./item-id.ts";
import { recall, remember } from "./seen-evidence.ts";
import { seeStamp, stampAttribute, stampable } from "./stamp.ts";
import { type Attributes, storable } from "./storable.ts";
import type { Write } from "./unit-of-work.ts";

/** An item and the number of times it was saved; 0 for one that is not in the table yet. */
export interface Versioned {
  readonly id: string;
  readonly version: number;
}

export interface VersionedTable<Item extends Versioned> {
  /** The item as it is now (a consistent read), or undefined. */
  get(id: string): Promise<Item | undefined>;
  /**
   * The write that saves the item if nobody saved it since it was read. `undefined` removes an attribute.
   * @throws Park VALUE_UNSTORABLE or ATTRIBUTE_RESERVED, with the attribute and never its value
   */
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
      remember(table, id, item);
      seeStamp(item);
      return item?.version === undefined ? undefined : (unmarshall(shown(item)) as Item); // or only the kit's is there
    },

    save(item) {
      if (!Number.isInteger(item.version) || item.version < 0) {
        // No item has it, so each attempt would seem to lose a race.
        throw new Park(
          "VALUE_UNSTORABLE",
          `${table}: version must be the number that was read, 0 for a new item`,
        );
      }
      const { id, ...attributes } = { ...item, version: item.version + 1 };
      const update = updateOf(attributes, storable(table, attributes), item.version);
      const read = recall(table, id, stampAttribute);
      return stampable({ Update: { TableName: table, Key: keyOf(table, id), ...update } }, read);
    },
  };
}

function shown<Value>(item: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !name.startsWith(hiddenPrefix)));
}

function keyOf(table: string, id: unknown): Record<string, AttributeValue> {
  const key = storable(table, { id });
  if (isItemId(id)) return key;
  throw new Park("VALUE_UNSTORABLE", `${table}: id must be ${itemIdRule}`);
}

function updateOf(attributes: Attributes, stored: Readonly<Record<string, AttributeValue>>, read: number) {
  const isNew = read === 0;
  const names = Object.keys(attributes).filter((name) => !isNew || attributes[name] !== undefined);
  const place = (name: string) => `a${names.indexOf(name)}`;
  const set = names.filter((name) => attributes[name] !== undefined);
  const removed = names.filter((name) => attributes[name] === undefined);
  const values = Object.fromEntries(set.map((name) => [`:${place(name)}`, stored[name] as AttributeValue]));
  const remove = removed.length === 0 ? "" : ` REMOVE ${removed.map((name) => `#${place(name)}`).join(", ")}`;
  return {
    UpdateExpression: `SET ${set.map((name) => `#${place(name)} = :${place(name)}`).join(", ")}${remove}`,
    ConditionExpression: isNew ? "attribute_not_exists(version)" : "version = :read",
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${place(name)}`, name])),
    ExpressionAttributeValues: isNew ? values : { ...values, ":read": { N: String(read) } },
  };
}
