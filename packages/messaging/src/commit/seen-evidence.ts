// What this process last saw of the kit's attributes in each item, so that a commit after a read needs no second read. It
// may be out of date: the commit's condition compares it with the item.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { hiddenPrefix } from "./item-evidence.ts";

/** More than the items of several batches. */
const itemsMax = 1_000;

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Of the items that were there: what is the kit's. Of those that were not: undefined. */
const seen = new Map<string, Attributes | undefined>();

/** @param item as it was read or written; undefined when there is none */
export function remember(table: string, id: string, item: Attributes | undefined): void {
  const name = nameOf(table, id);
  const hidden =
    item && Object.entries(item).filter(([attribute, { S }]) => attribute.startsWith(hiddenPrefix) && S);
  seen.delete(name);
  seen.set(name, hidden && Object.fromEntries(hidden));
  const [oldest] = seen.keys();
  if (seen.size > itemsMax && oldest !== undefined) seen.delete(oldest);
}

export function recall(table: string, id: string, attribute: string): string | undefined {
  return seen.get(nameOf(table, id))?.[attribute]?.S;
}

/** Whether the item was there; undefined when nobody has looked. */
export function recallExists(table: string, id: string): boolean | undefined {
  const name = nameOf(table, id);
  return seen.has(name) ? seen.get(name) !== undefined : undefined;
}

function nameOf(table: string, id: string): string {
  return `${table} ${id}`; // a table has no spaces
}
