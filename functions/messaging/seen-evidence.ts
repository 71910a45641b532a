// What this process last saw of the items' evidence, so that a commit after a read needs no second one. Only a
// guess: the commit's condition holds it against the item.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { evidenceAttribute } from "./item-evidence.ts";

/** More than the items of several batches. */
const itemsMax = 1_000;

const seen = new Map<string, string>();

export function remember(
  table: string,
  id: string,
  item: Readonly<Record<string, AttributeValue>> | undefined,
): void {
  const name = JSON.stringify([table, id]);
  const evidence = item?.[evidenceAttribute]?.S;
  seen.delete(name);
  if (evidence !== undefined) seen.set(name, evidence);
  const [oldest] = seen.keys();
  if (seen.size > itemsMax && oldest !== undefined) seen.delete(oldest);
}

export function recall(table: string, id: string): string | undefined {
  return seen.get(JSON.stringify([table, id]));
}
