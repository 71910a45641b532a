// Reads the outbox: messages that were committed and not yet sent.
//
//   G3. Each row in the table is a message to send; reading changes nothing.
//   G11. Only the oldest rows are in memory at once, however many there are.

import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { type OutboxRow, readOutboxRow } from "@essentially-once/messaging/internal/commit/outbox";

export interface Pending {
  readonly rows: number;
  readonly messages: number;
  readonly types: readonly PendingType[];
  /** The oldest rows, oldest first. */
  readonly oldest: readonly OutboxRow[];
  /** The ids of rows that something else wrote. */
  readonly invalid: readonly string[];
}

export interface PendingType {
  readonly type: string;
  readonly count: number;
  /** RFC 3339. */
  readonly oldest: string;
}

export interface PendingOptions {
  readonly dynamodb: DynamoDBClient;
  /** The outbox, and that of older releases. */
  readonly tables: readonly string[];
  /** How many of the oldest rows are kept. */
  readonly oldestMax: number;
  readonly matches?: (row: OutboxRow) => boolean;
  readonly onPage?: (rowsRead: number) => void;
}

export async function readPending(options: PendingOptions): Promise<Pending> {
  const { dynamodb, tables, oldestMax, matches = () => true, onPage } = options;
  const types = new Map<string, PendingType>();
  const invalid: string[] = [];
  let oldest: OutboxRow[] = [];
  let rows = 0;
  let messages = 0;
  for await (const page of pages(dynamodb, tables)) {
    const read = page.map(rowIn);
    invalid.push(...read.flatMap((row) => (typeof row === "string" ? [row] : [])));
    const meant = read.filter((row) => typeof row !== "string").filter(matches);
    for (const row of meant) {
      rows += 1;
      messages += row.messages.length;
      count(types, row);
    }
    oldest = [...oldest, ...meant].sort((a, b) => a.createdAt.localeCompare(b.createdAt)).slice(0, oldestMax);
    onPage?.(rows);
  }
  const byCount = [...types.values()].sort((a, b) => b.count - a.count || a.type.localeCompare(b.type));
  return { rows, messages, types: byCount, oldest, invalid };
}

function count(types: Map<string, PendingType>, { messages, createdAt }: OutboxRow): void {
  for (const { envelope } of messages) {
    const { type } = envelope;
    const known = types.get(type) ?? { type, count: 0, oldest: createdAt };
    const oldest = createdAt < known.oldest ? createdAt : known.oldest;
    types.set(type, { type, count: known.count + 1, oldest });
  }
}

type Item = NonNullable<Parameters<typeof readOutboxRow>[0]>;

/** The row, or the id of what is none. */
function rowIn(item: Item): OutboxRow | string {
  try {
    return readOutboxRow(item);
  } catch {
    return [item.id?.S, item.place?.S].filter(Boolean).join("/");
  }
}

async function* pages(dynamodb: DynamoDBClient, tables: readonly string[]): AsyncGenerator<Item[]> {
  for (const table of tables) yield* pagesOf(dynamodb, table);
}

async function* pagesOf(dynamodb: DynamoDBClient, TableName: string): AsyncGenerator<Item[]> {
  let ExclusiveStartKey: Item | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await dynamodb.send(
      new ScanCommand({
        TableName,
        ConsistentRead: true, // a row that was just deleted is not outstanding
        ...(ExclusiveStartKey && { ExclusiveStartKey: { ...ExclusiveStartKey } }),
      }),
    );
    yield Items;
    ExclusiveStartKey = LastEvaluatedKey;
  } while (ExclusiveStartKey);
}
