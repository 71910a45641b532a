// Step 2 of 4 for inline evidence: the stream of a state table → the messages that a commit left in its item.
//
//   G3. Each record carries the messages of its own commit, however soon the next one replaced them in the item.
//   Messages that could not be sent become a row of the outbox, before the stream may drop the record.
//   G4. The records of an item are in the stream's order, and so are the rows: by the number of their record.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { outboxAttribute, outboxIdAttribute } from "../commit/inline-write.ts";
import { type OutboxRow, orderingKeyOf, placeOf, type RowKey, readOutboxRow } from "../commit/outbox.ts";
import { nowIso } from "../core/clock.ts";
import { logUnderBoth as log } from "../observe/former-codes.ts";
import type { Producers } from "../trust/producers.ts";

/** A change of an item as the stream shows it: with its new and its old image. */
export interface ItemChange {
  readonly newImage: Readonly<Record<string, AttributeValue>>;
  readonly oldImage: Readonly<Record<string, AttributeValue>> | undefined;
  /** The name of the item's table. */
  readonly table: string;
  /** The record's, which grows with each change of an item. */
  readonly sequenceNumber: string;
}

/** Of the numbers of a stream's records. */
const digitsMax = 40;

/**
 * The messages that a change brought, as rows to publish, one a key; none when it brought none.
 * @throws Error naming the row when it is not one that `inline` wrote
 */
export function readInlineRows({ newImage, oldImage, table, sequenceNumber }: ItemChange): OutboxRow[] {
  const id = newImage[outboxIdAttribute];
  if (id?.S === undefined || id.S === oldImage?.[outboxIdAttribute]?.S) return [];
  const attributes = {
    id,
    createdAt: { S: nowIso() },
    messages: newImage[outboxAttribute] ?? { S: "none" },
  };
  const { createdAt, messages } = readOutboxRow(attributes);
  const after = sequenceNumber.padStart(digitsMax, "0");
  const place = placeOf(after, id.S);
  return [...Map.groupBy(messages, ({ envelope }) => orderingKeyOf(envelope))].map(([line, list]) => ({
    id: `${line}/${place}`,
    key: { id: line, place },
    createdAt,
    messages: list,
    after,
    tried: true, // once it is kept: no younger one of the item passes it
    inItemOf: table,
  }));
}

/**
 * Puts rows that were not sent where the sweeper finds them; what it sends twice, receivers recognise. A row that nobody
 * who may write into its table is known to have written keeps the table's name for its writer's (G7).
 * @returns the ids of those that are there
 */
export async function keepRows(
  rows: readonly OutboxRow[],
  { outboxTable, producers }: { readonly outboxTable: string; readonly producers: Producers },
): Promise<Set<string>> {
  const puts = await Promise.allSettled(
    rows
      .map((row) => [row, producers.wrote(row) ? row.key : strangersKey(row)] as const)
      .map(([{ after, createdAt, messages, tried }, key]) =>
        dynamodb().send(
          new PutItemCommand({
            TableName: outboxTable,
            Item: marshall({ ...key, after, createdAt, messages: messages.map(({ body }) => body), tried }),
          }),
        ),
      ),
  );
  const kept = new Set(rows.filter((_, index) => puts[index]?.status === "fulfilled").map(({ id }) => id));
  if (kept.size < rows.length) log("error", "OUTBOX_WRITE_FAILED", { rows: rows.length - kept.size });
  return kept;
}

function strangersKey({ key, inItemOf = "" }: OutboxRow): RowKey {
  const [, line = ""] = key.id.split("#");
  return { ...key, id: `${inItemOf}#${line}` };
}
