// Reads one shard of the engine from a position to its end, filters, and spreads the records over several shards, each
// of which is handed over in its own order: see stream-lineage.ts.
//
//   A record that a filter drops counts as processed.

import {
  type _Record,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBRecord } from "aws-lambda";
import type { StreamMapping } from "../model/model.ts";
import { waitUnlessStopped } from "./event-source.ts";
import { streamLineage } from "./stream-lineage.ts";
import { streamRecord } from "./stream-record.ts";
import { type StreamShard, streamShard } from "./stream-shard.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html */
const RECORDS_A_READ = 1000;
/** Lambda polls four times a second; a laptop's user waits less. */
const IDLE_PAUSE_MS = 80;
const TROUBLE_PAUSE_MS = 1000;
/** A shard that is behind by so many is not read for. */
const WAITING_MAX = 2_000;
/** After so many records the shards are split in two, and after so many more joined again. AWS' live about four hours. */
const RECORDS_A_GENERATION = 500;

export interface ReaderOptions {
  readonly shardId: string;
  readonly position: StreamMapping["startingPosition"];
  /** How many shards. */
  readonly shards: number;
  readonly mapping: StreamMapping;
  readonly streams: DynamoDBStreamsClient;
  readonly passes: (record: DynamoDBRecord) => boolean;
  readonly signal: AbortSignal;
  readonly report: (what: string, error: unknown) => void;
  readonly deliver: (batch: readonly DynamoDBRecord[], shardId: string) => Promise<void>;
}

/** Resolves when the engine's shard is closed and all of it is delivered, or when stopped. */
export async function readShard(options: ReaderOptions): Promise<void> {
  const { shardId, shards, mapping, passes, signal, report, deliver } = options;
  const pages = pagesOf(options);
  const all = new Set<StreamShard>();
  const lineage = streamLineage<StreamShard>({
    count: shards,
    closeShard: (shard) => shard.close(),
    openShard({ name, parents }) {
      const shard = streamShard({
        name: `${shardId}-${name}`,
        parents,
        mapping,
        signal,
        deliver: (batch) => deliver(batch, shard.name),
      });
      all.add(shard);
      void shard.done.then(() => all.delete(shard));
      return shard;
    },
  });
  let closed = false;
  let read = 0;
  while (!signal.aborted && !closed) {
    const page = await pages.next().catch(async (error: unknown) => {
      report(`reading ${mapping.streamArn} failed`, error);
      await waitUnlessStopped(TROUBLE_PAUSE_MS, signal);
      return { records: [], closed: false };
    });
    ({ closed } = page);
    for (const record of page.records) spread(streamRecord(record, mapping.streamArn));
    while (!signal.aborted && [...all].some(({ waiting }) => waiting > WAITING_MAX)) {
      await waitUnlessStopped(IDLE_PAUSE_MS, signal);
    }
    if (page.records.length === 0 && !closed) await waitUnlessStopped(IDLE_PAUSE_MS, signal);
  }
  for (const shard of lineage.open) shard.close();
  await Promise.all([...all].map((shard) => shard.done));

  function spread(record: DynamoDBRecord): void {
    if (!passes(record)) return;
    lineage.shardOf(JSON.stringify(record.dynamodb?.Keys?.[mapping.partitionKey])).push(record);
    if (++read % RECORDS_A_GENERATION === 0) {
      lineage.reshard(lineage.open.length === shards ? shards * 2 : shards);
    }
  }
}

/** After an error the next call goes on behind the last record that was read. */
function pagesOf({ shardId, position, mapping, streams }: ReaderOptions) {
  let iterator: string | undefined;
  let lastRead: string | undefined;

  async function open(): Promise<string | undefined> {
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({
        StreamArn: mapping.streamArn,
        ShardId: shardId,
        ...(lastRead
          ? { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: lastRead }
          : { ShardIteratorType: position }),
      }),
    );
    return ShardIterator;
  }

  return {
    async next(): Promise<{ records: _Record[]; closed: boolean }> {
      const current = iterator ?? (await open());
      iterator = undefined;
      const { Records: records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator: current, Limit: RECORDS_A_READ }),
      );
      lastRead = records.at(-1)?.dynamodb?.SequenceNumber ?? lastRead;
      iterator = NextShardIterator;
      return { records, closed: NextShardIterator === undefined };
    },
  };
}
