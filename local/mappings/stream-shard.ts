// Reads one shard from a position to its end, filters, gathers batches, hands them over one after the other.
//
//   Records are handed over in the order of the shard, and the next batch waits for the last. What a filter
//   drops counts as processed.

import {
  type _Record,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBRecord } from "aws-lambda";
import type { StreamMapping } from "../model.ts";
import { batchesOf } from "./batches.ts";
import { waitUnlessStopped } from "./event-source.ts";
import { streamRecord } from "./stream-record.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html */
const RECORDS_A_READ = 1000;
/** Lambda polls four times a second; a laptop's user waits less. */
const IDLE_PAUSE_MS = 80;
const TROUBLE_PAUSE_MS = 1000;

export interface ShardOptions {
  readonly shardId: string;
  readonly position: StreamMapping["startingPosition"];
  readonly mapping: StreamMapping;
  readonly streams: DynamoDBStreamsClient;
  readonly passes: (record: DynamoDBRecord) => boolean;
  readonly signal: AbortSignal;
  readonly report: (what: string, error: unknown) => void;
  readonly deliver: (batch: readonly DynamoDBRecord[]) => Promise<void>;
}

/** Resolves when the shard is closed and all of it is delivered, or when stopped. */
export async function readShard(options: ShardOptions): Promise<void> {
  const { mapping, passes, signal, report, deliver } = options;
  const pages = pagesOf(options);
  let gathered: DynamoDBRecord[] = [];
  let windowEndsMs = 0;
  let closed = false;
  while (!signal.aborted && !closed) {
    const page = await pages.next().catch(async (error: unknown) => {
      report(`reading ${mapping.streamArn} failed`, error);
      await waitUnlessStopped(TROUBLE_PAUSE_MS, signal);
      return { records: [], closed: false };
    });
    ({ closed } = page);
    const records = page.records.map((record) => streamRecord(record, mapping.streamArn)).filter(passes);
    if (gathered.length === 0) windowEndsMs = Date.now() + mapping.batchWindowMs;
    gathered.push(...records);
    gathered = await deliverGathered();
    if (page.records.length === 0 && !closed) await waitUnlessStopped(IDLE_PAUSE_MS, signal);
  }

  /** All full batches, and what is left over once the window has ended. Returns what has to wait. */
  async function deliverGathered(): Promise<DynamoDBRecord[]> {
    const batches = batchesOf(gathered, mapping.batchSize);
    while (batches.length > 0 && !signal.aborted) {
      const [batch = []] = batches;
      const full = batches.length > 1 || batch.length === mapping.batchSize;
      if (!full && !closed && Date.now() < windowEndsMs) return batch;
      await deliver(batch);
      batches.shift();
      windowEndsMs = Date.now() + mapping.batchWindowMs; // the next window begins when the invocation is over
    }
    return [];
  }
}

/** After an error the next call goes on behind the last record that was read. */
function pagesOf({ shardId, position, mapping, streams }: ShardOptions) {
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
