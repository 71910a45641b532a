// DynamoDB stream event source mapping: follows every shard of a stream, each in its own order.
//
//   A child shard is read after its parent has been read to the end, so a key's records stay in order over a
//   split. The engine's one shard a table is spread over several, as on AWS, which run side by side.
//   Checkpoints live in memory: a restart reads from the starting position again.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html

import { setMaxListeners } from "node:events";
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  type Shard,
} from "@aws-sdk/client-dynamodb-streams";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Emit } from "../model/events.ts";
import { compileFilters } from "../model/filter.ts";
import type { Invoke } from "../model/invocation.ts";
import type { StreamMapping } from "../model/model.ts";
import { type EventSource, troubleLine, waitUnlessStopped } from "./event-source.ts";
import { deliverInOrder } from "./stream-delivery.ts";
import { failureDestination } from "./stream-failure.ts";
import { shardsDefault } from "./stream-lineage.ts";
import { readShard } from "./stream-reader.ts";

const TROUBLE_PAUSE_MS = 1000;

export interface StreamMappingOptions {
  readonly mapping: StreamMapping;
  /** How many shards there are in the place of the engine's one. */
  readonly shards?: number;
  /** Construct path of the function, for events. */
  readonly functionPath: string;
  readonly streams: DynamoDBStreamsClient;
  /** For the failure destination. */
  readonly sqs: SQSClient;
  readonly invoke: Invoke;
  readonly onEvent: Emit;
}

export function startStreamMapping(options: StreamMappingOptions): EventSource {
  const { mapping, shards = shardsDefault, functionPath, streams, sqs, invoke, onEvent } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  setMaxListeners(0, signal); // one for each shard that is open
  const passes = compileFilters(mapping.filterPatterns);
  const discard = failureDestination({ mapping, functionPath, sqs, onEvent, report });
  const started = new Set<string>();
  const finished = new Set<string>();
  const reading = new Set<Promise<void>>();
  const beginning = begin();

  async function begin(): Promise<void> {
    const shards = await discover();
    if (mapping.startingPosition === "LATEST") {
      const parents = new Set(shards.map(({ ParentShardId }) => ParentShardId));
      for (const shard of shards) {
        if (parents.has(shard.ShardId)) finish(shard);
        else follow(shard, "LATEST");
      }
    } else {
      followReady(shards);
    }
  }

  /** Starts every shard whose parent is done, or trimmed away. */
  function followReady(shards: readonly Shard[]): void {
    const known = new Set(shards.map(({ ShardId }) => ShardId));
    for (const shard of shards) {
      const { ShardId = "", ParentShardId } = shard;
      const waitsForParent = ParentShardId && known.has(ParentShardId) && !finished.has(ParentShardId);
      if (!started.has(ShardId) && !waitsForParent) follow(shard, "TRIM_HORIZON");
    }
  }

  function follow(shard: Shard, position: StreamMapping["startingPosition"]): void {
    const { ShardId = "" } = shard;
    started.add(ShardId);
    const reader = toTheEnd(shard, position).finally(() => reading.delete(reader));
    reading.add(reader);
  }

  async function toTheEnd(shard: Shard, position: StreamMapping["startingPosition"]): Promise<void> {
    const { ShardId: shardId = "" } = shard;
    await readShard({
      shardId,
      position,
      shards,
      mapping,
      streams,
      passes,
      signal,
      report,
      deliver: (records, shard) =>
        deliverInOrder({
          records,
          mapping,
          invoke,
          signal,
          discard: (failure) => discard({ ...failure, shardId: shard }),
        }),
    });
    if (signal.aborted) return;
    finish(shard);
    followReady(await discover());
  }

  function finish({ ShardId = "" }: Shard): void {
    started.add(ShardId);
    finished.add(ShardId);
  }

  async function discover(): Promise<Shard[]> {
    while (!signal.aborted) {
      try {
        return await describeShards(streams, mapping.streamArn);
      } catch (error) {
        report(`describing ${mapping.streamArn} failed`, error);
        await waitUnlessStopped(TROUBLE_PAUSE_MS, signal);
      }
    }
    return [];
  }

  function report(what: string, error: unknown): void {
    onEvent({ kind: "log", path: functionPath, requestId: "event-source", line: troubleLine(what, error) });
  }

  return {
    stop: async () => {
      stopping.abort();
      await beginning;
      await Promise.all(reading);
    },
  };
}

async function describeShards(streams: DynamoDBStreamsClient, StreamArn: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let ExclusiveStartShardId: string | undefined;
  do {
    const { StreamDescription } = await streams.send(
      new DescribeStreamCommand({ StreamArn, ...(ExclusiveStartShardId && { ExclusiveStartShardId }) }),
    );
    shards.push(...(StreamDescription?.Shards ?? []));
    ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId;
  } while (ExclusiveStartShardId);
  return shards;
}
