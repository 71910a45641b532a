// The journal: every message, in order; none expires. Producers append; each consumer pulls from an offset of its own.
//
//   G4. Messages of one partitionkey lie in one partition, in the order in which they were appended.
//   G10. Sequence numbers of a partition are 1, 2, 3 … without a gap: an offset says what is behind it.
//   G11. A transaction, a page and the tries of an append have bounds.
import { type AttributeValue, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { environment } from "../core/environment.ts";
import { derivedId } from "../core/ids.ts";
import type { Park } from "../core/outcome.ts";
import { wholeNumber } from "../core/whole-number.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { log } from "../observe/log.ts";
import { journalAppender } from "./journal-append.ts";
import { partitionId } from "./journal-items.ts";
import { partitionsCheck, partitionsMax } from "./journal-partitions.ts";

export interface JournalOptions {
  /** Journals of different names can share a table. */
  readonly name?: string;
  /** Keys are spread over so many partitions, 1 to 64. Fixed for the life of a journal: it decides where a key lies. */
  readonly partitions?: number;
  /** A table with partition key `id` (text) and sort key `sequence` (number); by default what JOURNAL_TABLE names. */
  readonly table?: string;
  readonly client?: DynamoDBClient;
}

export interface JournalMessage {
  readonly envelope: Envelope;
  /** The exact text that is kept. */
  readonly body: string;
}

export interface JournalEntry {
  readonly sequence: number;
  readonly body: string;
}

/** What became of one message of an append. */
export type Appended =
  | { readonly kind: "appended" | "duplicate"; readonly partition: number; readonly sequence: number }
  | { readonly kind: "refused"; readonly reason: Park } // ID_REUSED or ENTRY_TOO_LARGE: never
  // It may be in the journal or not: append it again. `contended`: the append only lost races.
  | { readonly kind: "unconfirmed"; readonly contended?: boolean };

export interface Journal {
  readonly name: string;
  readonly partitions: number;
  /**
   * Appends messages in their order, each once however often it comes. A message whose predecessor in the
   * partition stays unconfirmed is not tried.
   */
  append(messages: readonly JournalMessage[], options: { deadlineMs: number }): Promise<Appended[]>;
  /** Where a message is, when it or another of its source and id was appended. */
  find(message: JournalMessage): Promise<Appended | undefined>;
  /**
   * Whether all that the journal holds is in its partitions; it looks once in a while.
   * @throws PartitionsChanged when it was made with another number of them
   */
  checkPartitions(): Promise<void>;
  /** At most `limit` entries after a sequence number, ascending, without a gap (a consistent read). */
  read(page: { partition: number; after: number; limit: number }): Promise<JournalEntry[]>;
}

const resolved = { name: "journal", partitions: 4 } as const;

/**
 * A journal in a DynamoDB table.
 * ```ts
 * const entries = await journal().read({ partition: 0, after: 41, limit: 100 }); // 42, 43 …
 * ```
 */
export function journal(options: JournalOptions = {}): Journal {
  const { name, partitions } = { ...resolved, ...options };
  wholeNumber("partitions", partitions, { min: 1, max: partitionsMax });
  if (!/^[a-z0-9-]{1,60}$/.test(name)) {
    throw new Error(
      `name of a journal must be 1 to 60 lower-case letters, digits and hyphens, got ${JSON.stringify(name)}`,
    );
  }
  const table = options.table ?? environment("JOURNAL_TABLE");
  const client = () => options.client ?? dynamodb();
  const checkPartitions = partitionsCheck({ name, table, partitions }, client);

  return {
    name,
    partitions,
    checkPartitions,
    ...journalAppender({
      name,
      table,
      client,
      partitions,
      checkPartitions,
      partitionOf: (envelope) => partitionOf(envelope.partitionkey, partitions),
    }),

    async read({ partition, after, limit }) {
      const { Items = [] } = await client().send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: "#id = :id AND #sequence > :after", // the head has the number 0
          ExpressionAttributeNames: { "#id": "id", "#sequence": "sequence" },
          ExpressionAttributeValues: marshall({ ":id": partitionId(name, partition), ":after": after }),
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      const entries = Items.map(entryOf);
      const whole = entries.filter(({ sequence }, index) => sequence === after + 1 + index);
      // A query may see a transaction in part (read-committed): entries after a gap are read again later.
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
      if (whole.length < entries.length) {
        log("warn", "JOURNAL_GAP", { journal: name, partition, after: after + whole.length });
      }
      return whole;
    },
  };
}

/** Where the messages of a key lie. */
export function partitionOf(partitionkey: string, partitions: number): number {
  return Buffer.from(derivedId(partitionkey), "base64url").readUInt32BE(0) % partitions;
}

function entryOf(item: Record<string, AttributeValue>): JournalEntry {
  const { id, sequence, body } = unmarshall(item);
  if (typeof body !== "string") throw new Error(`Journal entry ${id} ${sequence} must have a body`);
  return { sequence, body };
}
