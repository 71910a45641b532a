// What this process last saw of the kit's attributes in each item, so that a commit after a read needs no second read. It
// may be out of date: the commit's condition compares it with the item.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { dropOldest } from "./done-here.ts";
import { hiddenPrefix } from "./item-evidence.ts";

/** Of a table: more than the items of several batches. */
const itemsMax = 1_000;

type Attributes = Readonly<Record<string, AttributeValue>>;

/** By table and id. Of the items that were there: what is the kit's. Of those that were not: undefined. */
const seen = new Map<string, Map<string, Attributes | undefined>>();

/** @param item as it was read or written; undefined when there is none */
export function remember(table: string, id: string, item: Attributes | undefined): void {
  const items = seen.get(table) ?? new Map<string, Attributes | undefined>();
  seen.set(table, items);
  items.delete(id);
  items.set(id, item && hiddenIn(item));
  if (items.size > itemsMax) dropOldest(items);
}

function hiddenIn(item: Attributes): Attributes {
  const hidden: Record<string, AttributeValue> = {};
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (value?.S && name.startsWith(hiddenPrefix)) hidden[name] = value;
  }
  return hidden;
}

export function recall(table: string, id: string, attribute: string): string | undefined {
  return seen.get(table)?.get(id)?.[attribute]?.S;
}

/** Whether the item was there; undefined when nobody has looked. */
export function recallExists(table: string, id: string): boolean | undefined {
  const items = seen.get(table);
  return items?.has(id) ? items.get(id) !== undefined : undefined;
}
