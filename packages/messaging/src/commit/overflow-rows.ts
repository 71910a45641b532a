// Rows of evidence that has left an item: shared ones, each with many messages, and rows of a message's own for an item
// with more messages than they hold.
//
//   G2. Records are added and never replaced: whoever adds the same ones again changes nothing.
//   G11. A row is at most one read unit, an item has at most `rowsMax` of them, and each row expires.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { SharedRead, StoredItem } from "../aws/shared-read.ts";
import { nowSeconds } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { StateMoved } from "../core/outcome.ts";
import { evidenceDays } from "../envelope/message-life.ts";
import type { Delivery } from "./delivery.ts";
import { recordKeyLength, recordLength } from "./evidence-text.ts";
import { today } from "./item-evidence.ts";

export interface OverflowPlace {
  readonly evidenceTable: string;
  readonly client: () => DynamoDBClient;
  /** Of the evidence table. */
  readonly read: SharedRead;
  /** The item that the evidence has left. */
  readonly table: string;
  readonly id: string;
}

/** A record and the day on which it came here, in base 36: three digits from 1973 to 2097. */
const dayLength = 3;
export const storedLength = recordLength + dayLength;
/** So a row stays within 4 KB, which is one read unit. */
const recordsMax = 170;
/** 850 messages in sixty days; more get rows of their own. */
export const rowsMax = 5;
const attemptsMax = 5;

interface Leaving {
  /** What is known of the rows: brought up to date. */
  readonly rows: string[];
  readonly leaving: readonly string[];
}

/**
 * Adds the records to the first row with room, from `first` on and round.
 * @returns the row; undefined when no row has room
 */
export async function putWhereRoomIs(
  place: OverflowPlace,
  delivery: Delivery,
  { first, ...given }: Leaving & { readonly first: number },
): Promise<number | undefined> {
  for (let step = 0; step < rowsMax; step++) {
    const row = (first + step) % rowsMax;
    if (await putTogether(place, delivery, { row, ...given })) return row;
  }
  return undefined;
}

/** Adds the records to a row, unless it has no room. */
async function putTogether(
  place: OverflowPlace,
  delivery: Delivery,
  { row, rows, leaving }: Leaving & { readonly row: number },
): Promise<boolean> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const before = rows[row] ?? "";
    const more = leaving.filter((record) => !has(before, record));
    if (more.length === 0) return true; // a commit that was cut short, or another's, had them already
    const all = stillNeeded(before) + more.map((record) => record + today().toString(36)).join("");
    if (all.length > recordsMax * storedLength) return false;
    const old = await put(place, delivery, row, before, all);
    rows[row] = old === undefined ? all : (old.records?.S ?? "");
    if (old === undefined) return true;
  }
  throw new StateMoved(`${place.table} ${place.id}`); // others change it without end: the item, too
}

function has(records: string, record: string): boolean {
  return pieces(records, storedLength).some((one) => one.startsWith(record));
}

/** @returns the row as it is when it is not as it was thought to be */
async function put(place: OverflowPlace, delivery: Delivery, row: number, before: string, records: string) {
  const Item: StoredItem = {
    id: { S: rowId(place, delivery, row) },
    consumer: { S: delivery.consumer },
    records: { S: records },
    // Twice as long as its youngest record counts: while it is there, rows of a message's own may be, too.
    expiresAt: { N: String(nowSeconds() + 2 * evidenceDays * 86_400) },
  };
  try {
    await place.client().send(
      new PutItemCommand({
        TableName: place.evidenceTable,
        Item,
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        ...(before === ""
          ? { ConditionExpression: "attribute_not_exists(id)" }
          : {
              ConditionExpression: "records = :before",
              ExpressionAttributeValues: { ":before": { S: before } },
            }),
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return error.Item ?? {};
    throw error;
  }
}

/** A row for each: it says the same when it is written again. */
export async function putApart(
  place: OverflowPlace,
  delivery: Delivery,
  leaving: readonly string[],
): Promise<void> {
  const puts = leaving.map((record) => {
    const Item: StoredItem = {
      id: { S: ownId(place, delivery, record) },
      consumer: { S: delivery.consumer },
      record: { S: record },
      expiresAt: { N: String(nowSeconds() + evidenceDays * 86_400) },
    };
    return place.client().send(new PutItemCommand({ TableName: place.evidenceTable, Item }));
  });
  await Promise.all(puts);
}

/** Without the records that no longer count. */
function stillNeeded(records: string): string {
  const stored = pieces(records, storedLength);
  return stored.filter((one) => isRecent(Number.parseInt(one.slice(recordLength), 36))).join("");
}

export function isRecent(day: number): boolean {
  return day + evidenceDays >= today();
}

/** What a shared row holds, as far as it is there. */
export async function readRow(place: OverflowPlace, delivery: Delivery, row: number): Promise<string> {
  const item = await place.read(rowId(place, delivery, row));
  return item?.records?.S ?? "";
}

/** What a message's own row holds: its record. */
export async function readOwn(place: OverflowPlace, delivery: Delivery, record: string): Promise<string> {
  const item = await place.read(ownId(place, delivery, record));
  return item?.record?.S ?? "";
}

function rowId(place: OverflowPlace, delivery: Delivery, row: number): string {
  return `${nameOf(place, delivery)}#${row}`;
}

function ownId(place: OverflowPlace, delivery: Delivery, record: string): string {
  return `${nameOf(place, delivery)}#${record.slice(0, recordKeyLength)}`;
}

/** Begins with the consumer's name, as a role may be held to it. */
export function nameOf({ table, id }: OverflowPlace, { consumer }: Delivery): string {
  return `${consumer}#inline#${derivedId(table, id)}`;
}

export function pieces(text: string, length: number): string[] {
  return Array.from({ length: text.length / length }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );
}
