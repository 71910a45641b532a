// Several shards out of one, because the engine has one a table and AWS has one a partition: the records of an item
// collection are in one shard, by the hash of their partition key, and what lies between two shards has no order.
//
//   A reshard closes every shard. A shard that opens has for parents those whose keys it takes over, and is read after
//   them, as shards of AWS are when their partition splits.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
import { hash } from "node:crypto";

/** A new table on demand has four partitions. */
export const shardsDefault = 4;

export interface Lineage<Shard> {
  /** The shard that a record of this partition key is written to now. */
  shardOf(partitionKey: string): Shard;
  /** Puts so many shards in the place of those that are open. */
  reshard(count: number): void;
  /** Those that are open, in the order of their keys. */
  readonly open: readonly Shard[];
}

export interface LineageOptions<Shard> {
  readonly count: number;
  /** Makes a shard; `name` tells it from all others of the stream. */
  readonly openShard: (shard: { readonly name: string; readonly parents: readonly Shard[] }) => Shard;
  /** Nothing is written to it any more. */
  readonly closeShard: (shard: Shard) => void;
}

export function streamLineage<Shard>({
  count,
  openShard,
  closeShard,
}: LineageOptions<Shard>): Lineage<Shard> {
  let generation = 0;
  let open = generationOf(count, []);
  return {
    shardOf: (partitionKey) => open[Math.floor(placeOf(partitionKey) * open.length)] as Shard,
    reshard(next) {
      const parents = open;
      generation++;
      for (const parent of parents) closeShard(parent);
      open = generationOf(next, parents);
    },
    get open() {
      return open;
    },
  };

  function generationOf(size: number, before: readonly Shard[]): Shard[] {
    return Array.from({ length: size }, (_, index) =>
      openShard({
        name: `${generation}-${index}`,
        parents: before.filter((_, parent) =>
          overlap({ index, size }, { index: parent, size: before.length }),
        ),
      }),
    );
  }
}

interface Part {
  readonly index: number;
  readonly size: number;
}

/** Whether two parts of the same range, cut into so many, have keys in common. */
function overlap(one: Part, other: Part): boolean {
  return (
    one.index * other.size < (other.index + 1) * one.size &&
    other.index * one.size < (one.index + 1) * other.size
  );
}

/** From 0 to below 1, evenly. */
function placeOf(partitionKey: string): number {
  return Number.parseInt(hash("sha256", partitionKey, "hex").slice(0, 8), 16) / 2 ** 32;
}
