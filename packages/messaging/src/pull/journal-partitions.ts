// The number of a journal's partitions decides where a key lies, so it holds for the life of the journal. Every head says
// with which number it was last moved; with another number nothing is appended and nothing is pulled.
//
//   G6. With fewer partitions, entries of the others would stay unread without a word.
//   G4. With any other number, messages of a key would lie in two partitions, and take effect in any order.
import type { AttributeValue, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { getItems } from "../aws/dynamodb-batch.ts";
import { nowMs } from "../core/clock.ts";
import { log } from "../observe/log.ts";
import { partitionId } from "./journal-items.ts";

/** A journal has no more. */
export const partitionsMax = 64;

/** Somebody else may begin to append with another number. Milliseconds. */
const checkedMs = 600_000;

export interface JournalSize {
  readonly name: string;
  readonly table: string;
  readonly partitions: number;
}

/** The journal has entries of another number of partitions. */
export class PartitionsChanged extends Error {
  override readonly name = "PartitionsChanged";
}

export type Head = Readonly<Record<string, AttributeValue>>;

/** @throws PartitionsChanged when the head was moved by somebody with another number; earlier releases did not say */
export function requireSameNumber(
  { name, partitions }: Pick<JournalSize, "name" | "partitions">,
  head: Head | undefined,
): void {
  const found = Number(head?.partitions?.N ?? partitions);
  if (found !== partitions) throw changed({ name, partitions }, `${found} partitions`);
}

/**
 * Looks at all heads, once in a while.
 * @throws PartitionsChanged when one is none of this journal's; what could not be read is looked at the next time
 */
export function partitionsCheck(size: JournalSize, client: () => DynamoDBClient): () => Promise<void> {
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  return async function check() {
    if (nowMs() < checkedAtMs + checkedMs) return;
    const heads = await headsOf(size, client);
    if (heads === undefined) return;
    for (const [partition, head] of heads) {
      if (partition >= size.partitions) throw changed(size, `a partition ${partition}`);
      requireSameNumber(size, head);
    }
    checkedAtMs = nowMs();
  };
}

async function headsOf(
  { name, table }: JournalSize,
  client: () => DynamoDBClient,
): Promise<ReadonlyMap<number, Head> | undefined> {
  const partitions = new Map(
    Array.from({ length: partitionsMax }, (_, partition) => [partitionId(name, partition), partition]),
  );
  const keys = [...partitions.keys()].map((id) => marshall({ id, sequence: 0 }));
  try {
    const items = await getItems(client(), { table, keys });
    return new Map(items.map((item) => [partitions.get(item.id?.S ?? "") ?? 0, item]));
  } catch (error) {
    const errorCode = error instanceof Error ? error.name : typeof error;
    log("warn", "PARTITIONS_UNREAD", { journal: name, errorCode });
    return undefined;
  }
}

function changed({ name, partitions }: Pick<JournalSize, "name" | "partitions">, found: string) {
  log("error", "JOURNAL_PARTITIONS", { journal: name, partitions, found });
  return new PartitionsChanged(
    `the journal ${name} has ${found}, but ${partitions} partitions are configured: restore the number, or choose another name`,
  );
}
