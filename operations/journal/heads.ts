// How far each partition of a journal is. Partitions that nothing was appended to are not there yet.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { getItems } from "../../functions/messaging/dynamodb-batch.ts";
import { partitionId } from "../../functions/messaging/journal-items.ts";

export interface JournalPlace {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  /** Of the journal. */
  readonly name: string;
}

/** A journal has no more: see `partitions` in journal.ts. */
export const partitionsMax = 64;

/** The last sequence number of each partition, by partition. */
export async function readHeads({ dynamodb, table, name }: JournalPlace): Promise<Map<number, number>> {
  const partitions = new Map(
    Array.from({ length: partitionsMax }, (_, partition) => [partitionId(name, partition), partition]),
  );
  const heads: [number, number][] = [];
  const keys = [...partitions.keys()].map((id) => marshall({ id, sequence: 0 }));
  for (const { id, head } of await getItems(dynamodb, { table, keys })) {
    const partition = partitions.get(id?.S ?? "");
    if (partition !== undefined) heads.push([partition, Number(head?.N ?? 0)]);
  }
  return new Map(heads.sort(([a], [b]) => a - b));
}
