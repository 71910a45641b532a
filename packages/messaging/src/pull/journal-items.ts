// The items of a journal, in one table: the head of each partition, its entries, and evidence beside each entry. This file
// makes the writes; the append performs them.
//
//   G2, G10. One transaction holds head, entries and evidence: `transactionOf`.
import type { AttributeValue, CancellationReason } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Write } from "../commit/unit-of-work.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { type Digest, digestOf, saysTheSame } from "../envelope/digest.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Appended, JournalMessage } from "./journal.ts";

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
/** 100 actions a transaction: the head, and two for each message. */
const messagesMax = 49;
/** 4 MB a transaction, with room for keys and evidence. */
const bytesMax = 3_500_000;
/** 400 KB an item, less the 90 bytes that a row of the former outbox has beside a text: what was committed fits, as the key is shorter. */
const bodyBytesMax = 409_510;

/** A message on its way into a partition. */
export interface JournalItem {
  readonly envelope: Envelope;
  readonly body: string;
  readonly bytes: number;
  readonly partition: number;
  readonly evidenceId: string;
  readonly said: Digest;
}

export type StoredItem = Record<string, AttributeValue>;

export function journalItem(
  journalName: string,
  partition: number,
  { envelope, body }: JournalMessage,
): JournalItem {
  return {
    envelope,
    body,
    bytes: Buffer.byteLength(body),
    partition,
    evidenceId: `${journalName}#evidence#${derivedId(envelope.source, envelope.id)}`,
    said: digestOf(envelope),
  };
}

/** The item id under which a partition's head (sequence 0) and entries (1, 2, 3 …) lie. */
export function partitionId(journalName: string, partition: number): string {
  return `${journalName}#${partition}`;
}

/** Moves the head from where it was read and puts the entries behind it, each after its evidence. */
export function transactionOf(
  table: string,
  { id, head, partitions }: { id: string; head: number; partitions: number },
  items: readonly JournalItem[],
): Write[] {
  const put = (item: Record<string, unknown>) => ({
    TableName: table,
    Item: marshall(item),
    ConditionExpression: "attribute_not_exists(id)",
  });
  const telling = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const; // who was first, at no extra read
  const moved = { ...put({ id, sequence: 0, head: head + items.length, partitions }), ...telling };
  const fromHead = {
    ConditionExpression: "#head = :head", // no two appends give the same number
    ExpressionAttributeNames: { "#head": "head" },
    ExpressionAttributeValues: { ":head": { N: String(head) } },
  };
  const entries = items.flatMap(({ evidenceId, said, partition, body }, index) => {
    const sequence = head + 1 + index;
    return [
      { Put: { ...put({ id: evidenceId, sequence: 0, ...said, partition, entry: sequence }), ...telling } },
      { Put: put({ id, sequence, body }) },
    ];
  });
  return [{ Put: head === 0 ? moved : { ...moved, ...fromHead } }, ...entries];
}

/** The head as it was when the transaction was cancelled for it. */
export function headIn([reason]: readonly CancellationReason[]): StoredItem | undefined {
  return reason?.Code === "ConditionalCheckFailed" ? (reason.Item ?? {}) : undefined;
}

/** The evidence for which the transaction was cancelled, of its item at `index`. */
export function evidenceIn(reasons: readonly CancellationReason[], index: number): StoredItem | undefined {
  const reason = reasons[1 + 2 * index];
  return reason?.Code === "ConditionalCheckFailed" ? (reason.Item ?? {}) : undefined;
}

/** What the evidence of an item's identity says about the item. */
export function duplicateOf(item: JournalItem, evidence: StoredItem): Appended {
  const { partition, entry, ...first } = unmarshall(evidence);
  return saysTheSame(first, item.said) ? { kind: "duplicate", partition, sequence: entry } : idReused(item);
}

export function idReused({ envelope: { source, id } }: JournalItem): Appended {
  const detail = `${source} ${id} is already in the journal with other data`;
  return { kind: "refused", reason: new Park("ID_REUSED", detail) };
}

export function tooLarge({ bytes }: JournalItem): Appended | undefined {
  if (bytes <= bodyBytesMax) return undefined;
  const detail = `${bytes} bytes, at most ${bodyBytesMax} fit in a journal entry`;
  return { kind: "refused", reason: new Park("ENTRY_TOO_LARGE", detail) };
}

/** Consecutive items that fit one transaction by count and by bytes. */
export function chunksOf(items: readonly JournalItem[]): JournalItem[][] {
  const chunks: JournalItem[][] = [];
  let chunk: JournalItem[] = [];
  let chunkBytes = 0;
  for (const item of items) {
    if (chunk.length > 0 && (chunk.length === messagesMax || chunkBytes + item.bytes > bytesMax)) {
      chunks.push(chunk);
      chunk = [];
      chunkBytes = 0;
    }
    chunk.push(item);
    chunkBytes += item.bytes;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
