// Step 2 of 4 for inline evidence: the stream of a state table → the messages that a commit left in its item.
//
//   G3. Each record carries the messages of its own commit, however soon the next one replaced them in the item.
//   What could not be sent becomes a row of the outbox, before the stream may give the record up.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "./clients.ts";
import { nowIso } from "./clock.ts";
import { outboxAttribute, outboxIdAttribute } from "./inline-write.ts";
import { log } from "./log.ts";
import { type OutboxRow, readOutboxRow } from "./outbox.ts";

/** A change of an item as the stream shows it: with its new and its old image. */
export interface ItemChange {
  readonly newImage: Readonly<Record<string, AttributeValue>>;
  readonly oldImage: Readonly<Record<string, AttributeValue>> | undefined;
}

/**
 * The messages that a change brought, as a row to publish; undefined when it brought none.
 * @throws Error naming the row when it is not one that `inline` wrote
 */
export function readInlineRow({ newImage, oldImage }: ItemChange): OutboxRow | undefined {
  const id = newImage[outboxIdAttribute];
  if (id?.S === undefined || id.S === oldImage?.[outboxIdAttribute]?.S) return undefined;
  const messages = newImage[outboxAttribute] ?? { NULL: true };
  return readOutboxRow({ id, createdAt: { S: nowIso() }, messages });
}

/**
 * Puts rows that were not sent where the sweeper finds them; what it sends twice, receivers recognise.
 * @returns the ids of those that are there
 */
export async function keepRows(rows: readonly OutboxRow[], outboxTable: string): Promise<Set<string>> {
  const puts = await Promise.allSettled(
    rows.map(({ id, createdAt, messages }) =>
      dynamodb().send(
        new PutItemCommand({
          TableName: outboxTable,
          Item: marshall({ id, createdAt, messages: messages.map(({ body }) => body) }),
        }),
      ),
    ),
  );
  const kept = new Set(rows.filter((_, index) => puts[index]?.status === "fulfilled").map(({ id }) => id));
  if (kept.size < rows.length) log("error", "KEEP_FAILED", { rows: rows.length - kept.size });
  return kept;
}
