// Shards that are split and joined: every key has one, and a child knows the parents of all its keys.
import { expect, test } from "vitest";
import { type Lineage, streamLineage } from "../src/mappings/stream-lineage.ts";

interface Shard {
  readonly name: string;
  readonly parents: readonly Shard[];
  closed: boolean;
}

const keys = Array.from({ length: 400 }, (_, index) => `key-${index}`);

function aLineage(count: number): Lineage<Shard> {
  return streamLineage<Shard>({
    count,
    openShard: (shard) => ({ ...shard, closed: false }),
    closeShard(shard) {
      shard.closed = true;
    },
  });
}

test("keys are spread evenly, and a key stays in its shard", () => {
  const lineage = aLineage(4);
  const counts = Map.groupBy(keys, (key) => lineage.shardOf(key).name);
  expect(counts.size).toBe(4);
  for (const inShard of counts.values()) expect(inShard.length).toBeGreaterThan(60);
  for (const key of keys) expect(lineage.shardOf(key)).toBe(lineage.shardOf(key));
});

test.each([
  ["split", 4, 8, 1],
  ["joined", 8, 4, 2],
  ["cut anew", 4, 6, 2],
])("G4: when shards are %s, a key's old shard is a parent of its new one and closed", (_, from, to, most) => {
  const lineage = aLineage(from);
  const before = new Map(keys.map((key) => [key, lineage.shardOf(key)]));
  lineage.reshard(to);
  for (const key of keys) {
    const { parents } = lineage.shardOf(key);
    expect(parents).toContain(before.get(key));
    expect(parents.length).toBeLessThanOrEqual(most);
  }
  expect([...before.values()].every(({ closed }) => closed)).toBe(true);
  expect(lineage.open.some(({ closed }) => closed)).toBe(false);
});
