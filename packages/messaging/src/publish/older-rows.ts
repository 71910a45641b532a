// Rows of a key that the stream left unsent: they are sent before any younger row, from the stream or the sweeper.
//
//   G4. Before a row goes to a FIFO queue, the rows of its producer and key with lower places are looked for: one read of
//   half a unit for all rows of the key that are sent together. It may be a moment behind the table, and is right all the
//   same, because a row that is left behind is older than that: the stream tried it for longer.
//   G4. A row that is neither tried nor a minute old is still to come by the stream, after those that came before it.
//   G11. So many are read in one go; when there are more, those behind them wait for the next.
import { QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { type OutboxRow, type RowKey, readOutboxRow } from "../commit/outbox.ts";
import { nowMs } from "../core/clock.ts";
import { log } from "../observe/log.ts";

const rowsMax = 100;
/** The stream brings a row within a second or so; what is older by any clock is the sweeper's, too. Milliseconds. */
export const leftBehindMs = 60_000;

export interface WithOlder {
  /** Those that were given, each behind the older ones of its key. */
  readonly rows: readonly OutboxRow[];
  /** Partition keys of rows that must not go to a FIFO queue now: what may be before them could not be read. */
  readonly unread: ReadonlySet<string>;
}

/** @param ordered those of the rows, in the order in which they are to be sent, that go to FIFO queues */
export async function withOlderRows(
  table: string,
  rows: readonly OutboxRow[],
  ordered: readonly OutboxRow[],
): Promise<WithOlder> {
  const lines = [...Map.groupBy(ordered.filter(hasPlace), ({ key }) => key.id)];
  const found = new Map<string, readonly OutboxRow[]>();
  const unread = new Set<string>();
  await Promise.all(
    lines.map(async ([line, list]) => {
      const first = list.reduce((low, row) => (placeIn(row) < placeIn(low) ? row : low));
      try {
        const { older, more } = await read(table, { id: line, place: placeIn(first) });
        if (more) unread.add(line);
        found.set(
          line,
          older.filter((row) => isBefore(row, first)),
        );
      } catch (error) {
        unread.add(line);
        log("warn", "OLDER_ROWS_UNREAD", { errorCode: error instanceof Error ? error.name : typeof error });
      }
    }),
  );
  const together = rows.flatMap((row) => {
    const older = found.get(row.key.id) ?? [];
    found.delete(row.key.id);
    return [...older, row];
  });
  return { rows: together, unread };
}

async function read(table: string, { id, place }: Required<RowKey>) {
  const { Items = [], LastEvaluatedKey } = await dynamodb().send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: "id = :id AND place < :place",
      ExpressionAttributeValues: marshall({ ":id": id, ":place": place }),
      ConsistentRead: false, // half the price, see above
      Limit: rowsMax,
    }),
  );
  return { older: Items.flatMap((item) => readable(item) ?? []), more: LastEvaluatedKey !== undefined };
}

/** A row that cannot be read cannot be sent: it stays where it is, and holds nobody. */
function readable(item: Parameters<typeof readOutboxRow>[0]): OutboxRow | undefined {
  try {
    return readOutboxRow(item);
  } catch {
    log("error", "OUTBOX_ROW_INVALID", { id: item.id?.S, place: item.place?.S });
    return undefined;
  }
}

function isBefore(row: OutboxRow, { after }: OutboxRow): boolean {
  return (after !== "" && placeIn(row).slice(0, after.length) <= after) || isLeftBehind(row);
}

export function isLeftBehind({ tried, createdAt }: OutboxRow): boolean {
  return tried || Math.abs(nowMs() - Date.parse(createdAt)) >= leftBehindMs; // by a clock that is far ahead, too
}

const triedBefore = new Set<string>();
const triedMax = 10_000;

/** Leaves word in rows that could not be sent, so that those behind them know. A row that has gone meanwhile stays away. */
export async function noteTried(table: string, rows: readonly OutboxRow[]): Promise<void> {
  if (triedBefore.size > triedMax) triedBefore.clear();
  const unnoted = rows.filter((row) => hasPlace(row) && !isLeftBehind(row) && !triedBefore.has(row.id));
  const notes = unnoted.map(async ({ id, key }) => {
    await dynamodb().send(
      new UpdateItemCommand({
        TableName: table,
        Key: marshall(key),
        UpdateExpression: "SET tried = :tried",
        ConditionExpression: "attribute_exists(id)",
        ExpressionAttributeValues: marshall({ ":tried": true }),
      }),
    );
    triedBefore.add(id);
  });
  await Promise.allSettled(notes); // the next try is another chance, and a minute says the same
}

function hasPlace({ key }: OutboxRow): boolean {
  return key.place !== undefined;
}

function placeIn({ key }: OutboxRow): string {
  return key.place ?? "";
}
