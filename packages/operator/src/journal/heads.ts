// Reads the last sequence number of each partition of a journal. A partition without entries does not exist yet.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { getItems } from "@essentially-once/messaging/internal/aws/dynamodb-batch";
import { partitionId } from "@essentially-once/messaging/internal/pull/journal-items";
import { partitionsMax } from "@essentially-once/messaging/internal/pull/journal-partitions";

export interface JournalPlace {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** Of the journal. */
  readonly name: string;
}

/** The last sequence number of each partition, by partition. */
export async function readHeads(place: JournalPlace): Promise<Map<number, number>> {
  return numbersIn(await headItems(place), "head");
}

/** With which number of partitions each was last appended to; older releases did not say. */
export async function readPartitions(place: JournalPlace): Promise<Map<number, number>> {
  return numbersIn(await headItems(place), "partitions");
}

/** Partitions above the number that the journal has now: no consumer reads their entries. */
export function unreadPartitions(
  heads: ReadonlyMap<number, number>,
  partitions: ReadonlyMap<number, number>,
) {
  const fewest = Math.min(...partitions.values());
  return [...heads.keys()].filter((partition) => partition >= fewest);
}

type Items = Map<number, Record<string, { N?: string | undefined }>>;

function numbersIn(items: Items, attribute: string): Map<number, number> {
  return new Map(
    [...items].flatMap(([partition, item]) => {
      const number = item[attribute]?.N;
      return number === undefined ? [] : [[partition, Number(number)] as const];
    }),
  );
}

async function headItems({ dynamodb, table, name }: JournalPlace): Promise<Items> {
  const partitions = new Map(
    Array.from({ length: partitionsMax }, (_, partition) => [partitionId(name, partition), partition]),
  );
  const heads: [number, Record<string, { N?: string | undefined }>][] = [];
  const keys = [...partitions.keys()].map((id) => marshall({ id, sequence: 0 }));
  for (const item of await getItems(dynamodb, { table, keys })) {
    const partition = partitions.get(item.id?.S ?? "");
    if (partition !== undefined) heads.push([partition, item as Record<string, { N?: string | undefined }>]);
  }
  return new Map(heads.sort(([a], [b]) => a - b));
}
