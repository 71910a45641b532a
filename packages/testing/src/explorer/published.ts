// The messages that were committed because of another, whichever way they leave: as rows of the outbox, of today's or the
// earlier form, or inside the items of a table with a stream. What a publisher has deleted since is still in the streams.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { readOutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import { readInlineRows } from "@essentially-once/messaging/internal/publish/inline-stream";
import type { DynamoDBRecord } from "aws-lambda";
import type { Sandbox } from "./sandbox.ts";
import { openStream } from "./stream-source.ts";

export interface Published {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  /** Undefined when they travel by claim check. */
  readonly data: unknown;
}

/**
 * @param tables the variables of the tables that have streams
 * @returns the messages that name `id` as their cause, each once, in the order of their commits
 */
export function publications(
  sandbox: Sandbox,
  tables: readonly string[],
): (id: string) => Promise<Published[]> {
  const streams = tables.map((table) => ({ table, read: openStream(sandbox, table) }));
  const found = new Map<string, Envelope>();
  return async function published(id) {
    for (const { table, read } of streams) {
      for (const record of await read()) {
        for (const envelope of messagesIn(record, table))
          found.set(`${envelope.source} ${envelope.id}`, envelope);
      }
    }
    return [...found.values()]
      .filter(({ causationid }) => causationid === id)
      .map((envelope) => ({
        id: envelope.id,
        type: envelope.type,
        key: envelope.partitionkey,
        data: envelope.data,
      }));
  };
}

type Image = Readonly<Record<string, AttributeValue>>;

function messagesIn({ dynamodb = {} }: DynamoDBRecord, table: string): Envelope[] {
  const { NewImage, OldImage, SequenceNumber = "" } = dynamodb;
  if (NewImage === undefined) return [];
  const newImage = NewImage as Image;
  const rows = outboxes.includes(table)
    ? [readOutboxRow(newImage)]
    : readInlineRows({ newImage, oldImage: OldImage as Image, table, sequenceNumber: SequenceNumber });
  return rows.flatMap(({ messages }) => messages.map(({ envelope }) => envelope));
}

const outboxes: readonly string[] = ["OUTBOX_TABLE", "ORDERED_OUTBOX_TABLE"];
