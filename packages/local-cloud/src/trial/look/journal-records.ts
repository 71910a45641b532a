// The whole journal as it is after a run, and whether it holds each message once.

import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { partitionId } from "@essentially-once/messaging/internal/pull/journal-items";
import { type Journal, journal } from "@essentially-once/messaging/journal";

export interface JournalPartition {
  /** The last sequence number that was given. */
  readonly head: number;
  readonly records: readonly JournalRecord[];
}

export interface JournalRecord {
  readonly sequence: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly partitionkey: string;
  readonly data: unknown;
  /** In the place of `data`, for a message that travelled by claim check. */
  readonly dataref?: string;
}

const PAGE_SIZE = 500;

export function readJournal(client: DynamoDBClient, table: string): Promise<JournalPartition[]> {
  const log = journal({ table, client });
  return Promise.all(
    Array.from({ length: log.partitions }, async (_, partition) => {
      const Key = marshall({ id: partitionId(log.name, partition), sequence: 0 });
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return { head: Number(Item?.head?.N ?? 0), records: await readPartition(log, partition) };
    }),
  );
}

/** From the beginning to the end, or to the first gap. */
async function readPartition(log: Journal, partition: number): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  while (true) {
    const after = records.at(-1)?.sequence ?? 0;
    const page = await log.read({ partition, after, limit: PAGE_SIZE });
    if (page.length === 0) return records;
    records.push(...page.map(({ sequence, body }) => ({ ...readEnvelope(body), sequence })));
  }
}

/** Gaps, and messages that are in it twice. */
export function journalErrors(journal: readonly JournalPartition[]): string[] {
  const all = journal.flatMap(({ records }) => records);
  const byIdentity = Map.groupBy(all, ({ source, id }) => `${source} ${id}`);
  return [
    ...journal.flatMap(({ head, records }, partition) => {
      const gap = records.findIndex(({ sequence }, index) => sequence !== index + 1);
      const end = gap === -1 ? records.length : gap;
      return end === head ? [] : [`partition ${partition} is whole up to ${end}, its head is ${head}`];
    }),
    ...[...byIdentity]
      .filter(([, alike]) => alike.length > 1)
      .map(([identity, alike]) => `${identity} is in it ${alike.length} times`),
  ];
}
