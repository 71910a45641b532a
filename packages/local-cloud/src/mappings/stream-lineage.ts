// Splits the engine's one shard per table into several, because AWS has one per partition. The hash of the partition key
// chooses the shard, so the records of an item collection share one; records of different shards have no order.
//
//   A reshard closes every shard. The parents of a new shard are the closed shards whose keys it takes over. It is read
//   after them, as AWS does when a partition splits.
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
