// Reads scheduled messages that wait for their time.
//
//   G12. Reading changes nothing; an item that cannot be read is named.
//   G11. Only the next ones are in memory at once, however many there are.

import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  readScheduledItem,
  type ScheduledItem,
  type StoredItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";

export interface Waiting {
  readonly messages: number;
  readonly types: readonly WaitingType[];
  /** Those that are due first, in that order. */
  readonly next: readonly ScheduledItem[];
  /** The ids of items that this release cannot read. */
  readonly invalid: readonly string[];
}

export interface WaitingType {
  readonly contract: string;
  readonly type: string;
  readonly count: number;
  /** RFC 3339. */
  readonly next: string;
}

export async function readWaiting({
  dynamodb,
  table,
  nextMax,
  onPage,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  readonly nextMax: number;
  readonly onPage?: (read: number) => void;
}): Promise<Waiting> {
  const types = new Map<string, WaitingType>();
  const invalid: string[] = [];
  let next: ScheduledItem[] = [];
  let messages = 0;
  for await (const page of pages(dynamodb, table)) {
    const read = page.map(itemIn);
    invalid.push(...read.filter((item) => typeof item === "string"));
    const items = read.filter((item) => typeof item !== "string");
    for (const item of items) count(types, item);
    messages += items.length;
    next = [...next, ...items].sort((a, b) => a.due.localeCompare(b.due)).slice(0, nextMax);
    onPage?.(messages);
  }
  const byCount = [...types.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type));
  return { messages, types: byCount, next, invalid };
}

export function contractOf({ id }: Pick<ScheduledItem, "id">): string {
  return id.split("#")[0] ?? "";
}

function count(types: Map<string, WaitingType>, item: ScheduledItem): void {
  const contract = contractOf(item);
  const { type } = item.message;
  const name = `${contract} ${type}`;
  const known = types.get(name) ?? { contract, type, count: 0, next: item.due };
  const next = item.due < known.next ? item.due : known.next;
  types.set(name, { ...known, count: known.count + 1, next });
}

/** The item, or the id of one that cannot be read. */
function itemIn(stored: StoredItem): ScheduledItem | string {
  try {
    return readScheduledItem(stored);
  } catch {
    return stored.id?.S ?? "an item without an id";
  }
}

async function* pages(dynamodb: DynamoDBClient, TableName: string): AsyncGenerator<StoredItem[]> {
  let ExclusiveStartKey: StoredItem | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await dynamodb.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true, // one that was just sent does not wait
        ...(ExclusiveStartKey && { ExclusiveStartKey: { ...ExclusiveStartKey } }),
      }),
    );
    yield Items;
    ExclusiveStartKey = LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
