// The evidence that this process last saw in each item, so that a commit after a read needs no second read. It may be
// out of date: the commit's condition compares it with the item.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { hiddenPrefix } from "./item-evidence.ts";

/** More than the items of several batches. */
const itemsMax = 1_000;

const seen = new Map<string, Readonly<Record<string, AttributeValue>>>();

/** Of the item as it was read or written, it keeps what is the kit's. */
export function remember(
  table: string,
  id: string,
  item: Readonly<Record<string, AttributeValue>> | undefined = {},
): void {
  const name = nameOf(table, id);
  const hidden = Object.entries(item).filter(([attribute, { S }]) => attribute.startsWith(hiddenPrefix) && S);
  seen.delete(name);
  if (hidden.length > 0) seen.set(name, Object.fromEntries(hidden));
  const [oldest] = seen.keys();
  if (seen.size > itemsMax && oldest !== undefined) seen.delete(oldest);
}

export function recall(table: string, id: string, attribute: string): string | undefined {
  return seen.get(nameOf(table, id))?.[attribute]?.S;
}

function nameOf(table: string, id: string): string {
  return `${table} ${id}`; // a table has no spaces
}
