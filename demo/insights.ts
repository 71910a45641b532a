// What is in the tables of insights and in the journal after a run.

import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { generationStore } from "@essentially-once/messaging/internal/pull/generation";
import { partitionId } from "@essentially-once/messaging/internal/pull/journal-items";
import { type Journal, journal } from "@essentially-once/messaging/journal";
import { z } from "zod";
import { readTable } from "./tables.ts";
import type { WorldAccess } from "./world.ts";

export interface Insights {
  /** Order id → how often it was looked at. */
  readonly views: ReadonlyMap<string, number>;
  readonly journal: readonly JournalPartition[];
  /** Generation of the projection → its statements. One that is no longer built stays in the table. */
  readonly statements: ReadonlyMap<number, readonly Statement[]>;
  /** The generation that readers get. */
  readonly serving: number;
}

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

const Tally = z.object({ orders: z.int(), total: z.int() });
export type Statement = z.infer<typeof Statement>;
/** `id` is the customer's; totals are in cents. */
const Statement = z.object({
  id: z.string(),
  placed: Tally,
  approved: Tally,
  canceled: Tally,
  shipped: Tally,
});
const OrderViews = z.object({ id: z.string(), views: z.int() });
const Item = z.looseObject({ id: z.string() });

/** The `name` of functions/insights/build-statement.ts. */
export const STATEMENT_PROJECTION = "build-statement";
const STATEMENT_ID = new RegExp(`^${STATEMENT_PROJECTION}@(?<generation>\\d+)#statement#(?<customerId>.+)$`);
const PAGE_SIZE = 500;

export async function readInsights({ clients: { dynamodb }, output }: WorldAccess): Promise<Insights> {
  const table = output("InsightsTable");
  const [items, { serving }, partitions] = await Promise.all([
    readTable(dynamodb, table, Item),
    generationStore({ name: STATEMENT_PROJECTION, table, client: () => dynamodb }).read(),
    readJournal(dynamodb, output("JournalTable")),
  ]);
  const views = items.flatMap((item) => OrderViews.safeParse(item).data ?? []);
  const statements = Map.groupBy(items.flatMap(statementIn), ({ generation }) => generation);
  return {
    views: new Map(views.map(({ id, views }) => [id, views])),
    journal: partitions,
    statements: new Map(
      [...statements].map(([generation, theirs]) => [generation, theirs.map(({ statement }) => statement)]),
    ),
    serving,
  };
}

function statementIn(item: z.infer<typeof Item>) {
  const { generation, customerId } = STATEMENT_ID.exec(item.id)?.groups ?? {};
  if (customerId === undefined) return [];
  return [{ generation: Number(generation), statement: Statement.parse({ ...item, id: customerId }) }];
}

function readJournal(client: DynamoDBClient, table: string): Promise<JournalPartition[]> {
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
    records.push(
      ...page.map(({ sequence, body }) => {
        return { ...readEnvelope(body), sequence };
      }),
    );
  }
}
