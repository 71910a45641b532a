// The rows that the sweeper has to send: the oldest of the outbox, oldest first, and no more than memory holds.
//
//   G4. The oldest of the whole table, and those of one producer and key in the order of their places: a scan returns
//   these one after the other, so every row before a row that is due is due, too, whatever its writer's clock said.
//   G11. Rows and bytes in memory have bounds: rows of 400 KB would fill it with few.
import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../../aws/clients.ts";
import { type OutboxRow, readOutboxRow } from "../../commit/outbox.ts";
import { nowMs } from "../../core/clock.ts";
import { log } from "../../observe/log.ts";

export interface OldestRows {
  readonly rows: readonly OutboxRow[];
  /** Others are due, too, and did not fit. */
  readonly more: boolean;
}

export interface OldestRowsOptions {
  readonly table: string;
  /** Reading stops then, and what was read counts. */
  readonly untilMs: number;
  readonly isDue: (row: OutboxRow) => boolean;
  readonly onItem: (item: Record<string, AttributeValue>) => void;
  readonly rowsMax?: number;
  readonly bytesMax?: number;
}

/** Each reading of the table costs as much as the table is large: the fewer, the cheaper a long backlog. */
const held = { rowsMax: 20_000, bytesMax: 32 * 1024 * 1024 } as const;

export async function oldestRows(options: OldestRowsOptions): Promise<OldestRows> {
  const { table, untilMs, isDue, onItem, rowsMax, bytesMax } = { ...held, ...options };
  let oldest: OutboxRow[] = [];
  let more = false;
  let startKey: Record<string, AttributeValue> | undefined;
  const withPredecessors = dueWithPredecessors(isDue);
  do {
    const page = await dynamodb().send(
      new ScanCommand({
        TableName: table,
        ConsistentRead: true, // a row that was just deleted would be sent once more
        ...(startKey ? { ExclusiveStartKey: startKey } : {}),
      }),
    );
    const { Items = [] } = page;
    Items.forEach(onItem);
    const due = Items.flatMap((item) => read(item) ?? []).flatMap(withPredecessors);
    const known = [...oldest, ...due].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    oldest = fitting(known, { rowsMax, bytesMax });
    more ||= oldest.length < known.length;
    startKey = page.LastEvaluatedKey;
  } while (startKey && nowMs() < untilMs);
  return { rows: inKeyOrder(oldest), more };
}

/** Gives a row that is due with the rows of its line that are not and stand before it. */
function dueWithPredecessors(isDue: (row: OutboxRow) => boolean): (row: OutboxRow) => OutboxRow[] {
  let waiting: OutboxRow[] = [];
  return function dueOf(row) {
    if (waiting[0]?.key.id !== row.key.id) waiting = [];
    if (row.key.place === undefined) return isDue(row) ? [row] : [];
    waiting.push(row);
    return isDue(row) ? waiting.splice(0) : [];
  };
}

/** Each line in the order of its places, where its oldest row is. */
export function inKeyOrder(rows: readonly OutboxRow[]): OutboxRow[] {
  const lines = Map.groupBy(rows, ({ key }) => key.id).values();
  return [...lines].flatMap((line) =>
    line.sort((a, b) => comparePlaces(a.key.place ?? "", b.key.place ?? "")),
  );
}

/** No two rows of a line have one place. */
function comparePlaces(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** One row always fits: it would never be sent otherwise. */
function fitting(
  rows: OutboxRow[],
  { rowsMax, bytesMax }: { rowsMax: number; bytesMax: number },
): OutboxRow[] {
  let bytes = 0;
  const tooMany = rows.findIndex((row, index) => {
    bytes += row.messages.reduce((sum, { body }) => sum + body.length, 0); // ASCII
    return index >= rowsMax || (bytes > bytesMax && index > 0);
  });
  return tooMany === -1 ? rows : rows.slice(0, tooMany);
}

function read(item: Record<string, AttributeValue>): OutboxRow | undefined {
  try {
    return readOutboxRow(item);
  } catch (error) {
    log("error", "OUTBOX_ROW_INVALID", {
      id: item.id?.S,
      errorCode: error instanceof Error ? error.name : typeof error,
    });
    return undefined;
  }
}
