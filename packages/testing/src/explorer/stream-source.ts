// A stream's event source mapping: several shards side by side, each in its order, the next batch after the last is done;
// partial answers are checkpoints; a batch that fails is halved, and a record whose retries are used up is given up.
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { failedIdentifiers } from "@essentially-once/local-cloud/internal/mappings/batch-response";
import { shardsDefault, streamLineage } from "@essentially-once/local-cloud/internal/mappings/stream-lineage";
import {
  sequenceNumberOf,
  streamRecord,
} from "@essentially-once/local-cloud/internal/mappings/stream-record";
import type { DynamoDBRecord } from "aws-lambda";
import type { Answer } from "./invocation.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Source, SourceContext } from "./source.ts";

export interface StreamSourceOptions {
  /** The environment variable of the table. */
  readonly table: string;
  readonly batchSize?: number;
  readonly retriesMax?: number;
  /** As many as a new table of AWS has, unless given. */
  readonly shards?: number;
  /** After so many records each shard is split in two, and after so many more joined again; absent: never. */
  readonly recordsAGeneration?: number;
  /** The stream is down and gives everything up: only a sweeper is left. */
  readonly down?: boolean;
}

interface Attempt {
  readonly records: readonly DynamoDBRecord[];
  readonly retries: number;
  readonly notBeforeMs: number;
}

interface Shard {
  readonly parents: readonly Shard[];
  readonly ahead: Attempt[];
  closed: boolean;
}

export function streamSource(options: StreamSourceOptions, context: SourceContext): Source {
  const { table, batchSize = 100, retriesMax = 10, down = false, shards = shardsDefault } = options;
  const { recordsAGeneration = Number.POSITIVE_INFINITY } = options;
  const { sandbox, simulation, platform, target } = context;
  const all: Shard[] = [];
  const lineage = streamLineage<Shard>({
    count: shards,
    openShard({ parents }) {
      const shard: Shard = { parents, ahead: [], closed: false };
      all.push(shard);
      return shard;
    },
    closeShard(shard) {
      shard.closed = true;
    },
  });
  let mayHold = true;
  let read = 0;
  return {
    nextMs() {
      const due = all.filter(isReadable).flatMap(({ ahead: [next] }) => (next ? [next.notBeforeMs] : []));
      return due.length === 0 ? undefined : Math.min(...due);
    },

    onCall({ command }) {
      if (/^(TransactWrite|Put|Update|Delete|BatchWrite)Items?$/.test(command)) mayHold = true;
    },

    async poll() {
      const records = mayHold ? await readOn(sandbox, table) : [];
      mayHold = false;
      if (!down) spread(records);
      const due = all
        .filter(isReadable)
        .filter(({ ahead: [next] }) => next && next.notBeforeMs <= simulation.nowMs());
      const working = due.map((shard) => {
        const attempt = shard.ahead.shift() as Attempt;
        return { shard, attempt, invocation: platform.start(target, { Records: attempt.records }) };
      });
      if (working.length > 0) await platform.settle();
      for (const { shard, attempt, invocation } of working) {
        const done = checkpointOf(invocation.answer ?? { kind: "lost" }, attempt.records);
        if (done < attempt.records.length) shard.ahead.unshift(...againOf(attempt, done));
      }
      return working.length > 0;
    },
  };

  function spread(records: readonly DynamoDBRecord[]): void {
    const came = new Map<Shard, DynamoDBRecord[]>();
    for (const record of records) {
      const shard = lineage.shardOf(record.dynamodb?.Keys?.id?.S ?? "");
      came.set(shard, [...(came.get(shard) ?? []), record]);
      if (++read % recordsAGeneration === 0)
        lineage.reshard(lineage.open.length === shards ? shards * 2 : shards);
    }
    for (const [{ ahead }, list] of came) {
      for (let start = 0; start < list.length; start += batchSize) {
        const batch = list.slice(start, start + batchSize);
        ahead.push({ records: batch, retries: 0, notBeforeMs: simulation.nowMs() });
      }
    }
  }

  function againOf({ records, retries }: Attempt, done: number): Attempt[] {
    const undone = records.slice(done);
    const notBeforeMs = simulation.nowMs() + 1_000 * 2 ** Math.min(retries, 5);
    if (done > 0) return [{ records: undone, retries: 0, notBeforeMs }];
    if (undone.length > 1) {
      const middle = Math.ceil(undone.length / 2);
      const halves = [undone.slice(0, middle), undone.slice(middle)];
      return halves.map((half) => ({ records: half, retries, notBeforeMs }));
    }
    return retries < retriesMax ? [{ records: undone, retries: retries + 1, notBeforeMs }] : [];
  }
}

/** A shard that was opened in the place of others is read after them. */
function isReadable({ parents }: Shard): boolean {
  return parents.every((parent) => parent.closed && parent.ahead.length === 0 && isReadable(parent));
}

function checkpointOf(answer: Answer, records: readonly DynamoDBRecord[]): number {
  if (answer.kind !== "answered") return 0;
  const identifiers = records.map(sequenceNumberOf);
  const { response } = answer;
  const failed = failedIdentifiers({ response, identifiers, reportBatchItemFailures: true });
  const first = identifiers.findIndex((identifier) => failed.has(identifier));
  return first === -1 ? records.length : first;
}

/** How far the runs of a sandbox have read its streams: each run sees only the records since the last one. */
const readers = new WeakMap<Sandbox, Map<string, ReadOn>>();

export function readOn(sandbox: Sandbox, table: string): Promise<DynamoDBRecord[]> {
  const known = readers.get(sandbox) ?? new Map<string, ReadOn>();
  readers.set(sandbox, known);
  const read = known.get(table) ?? openStream(sandbox, table);
  known.set(table, read);
  return read();
}

/** Returns the records since its last call. */
export type ReadOn = () => Promise<DynamoDBRecord[]>;

/** From the stream's beginning. */
export function openStream(sandbox: Sandbox, table: string): ReadOn {
  const { streams } = sandbox.clients;
  const StreamArn = sandbox.streamArn(table);
  let place: string | undefined;
  return async function readOn() {
    const found: DynamoDBRecord[] = [];
    for (;;) {
      const ShardIterator = place ?? (await beginning());
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator }),
      );
      place = NextShardIterator;
      found.push(...Records.map((record) => streamRecord(record, StreamArn)));
      if (Records.length === 0) return found;
    }
  };

  async function beginning(): Promise<string | undefined> {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
    const asked = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    return (await streams.send(asked)).ShardIterator;
  }
}
