// The latest entries of a journal, and the new ones as they are appended.

import { partitionsMax } from "@essentially-once/messaging/internal/pull/journal-partitions";
import type { JournalEntry } from "@essentially-once/messaging/journal";
import { journal } from "@essentially-once/messaging/journal";
import { messageIn } from "../dead-letters/evidence.ts";
import { type JournalPlace, readHeads } from "./heads.ts";

export interface TailedEntry {
  readonly partition: number;
  readonly sequence: number;
  readonly time?: string;
  readonly type?: string;
  readonly source?: string;
  readonly id?: string;
  readonly partitionkey?: string;
  readonly bodyBytes: number;
  /** Only when it was asked for. */
  readonly data?: unknown;
}

export interface TailOptions {
  readonly place: JournalPlace;
  readonly last: number;
  readonly partition?: number | undefined;
  readonly payload: boolean;
}

export interface Tail {
  /** Entries since the last call; the first call returns the latest entries. Sorted by the clocks of the writers. */
  next(): Promise<TailedEntry[]>;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html pages end at 1 MB */
const pageSize = 100;

export function tail({ place, last, partition, payload }: TailOptions): Tail {
  const { dynamodb, table, name } = place;
  const log = journal({ name, table, client: dynamodb, partitions: partitionsMax });
  const seen = new Map<number, number>();
  let begun = false;
  return {
    async next() {
      const heads = [...(await readHeads(place))].filter(
        ([one]) => partition === undefined || one === partition,
      );
      for (const [one, head] of heads)
        if (!seen.has(one)) seen.set(one, begun ? 0 : Math.max(0, head - last));
      begun = true;
      const lists = await Promise.all(heads.map(([one, head]) => readTo(one, head)));
      return lists.flat().sort((a, b) => (a.time ?? "").localeCompare(b.time ?? ""));
    },
  };

  async function readTo(one: number, head: number): Promise<TailedEntry[]> {
    const entries: TailedEntry[] = [];
    for (let after = seen.get(one) ?? 0; after < head; after = seen.get(one) ?? 0) {
      const page = await log.read({ partition: one, after, limit: pageSize });
      if (page.length === 0) break; // an append that shows in part is whole at the next look
      seen.set(one, page.at(-1)?.sequence ?? after);
      entries.push(...page.map((entry) => tailed(one, entry)));
    }
    return entries;
  }

  function tailed(one: number, { sequence, body }: JournalEntry): TailedEntry {
    const { time, type, source, id, partitionkey, data } = messageIn(body) ?? {};
    return {
      partition: one,
      sequence,
      ...(time !== undefined && { time }),
      ...(type !== undefined && { type }),
      ...(source !== undefined && { source }),
      ...(id !== undefined && { id }),
      ...(partitionkey !== undefined && { partitionkey }),
      bodyBytes: Buffer.byteLength(body),
      ...(payload && { data }),
    };
  }
}
