// A stream's event source mapping: records in order, the next batch after the last is done; partial answers are
// checkpoints; a batch that fails is halved, and a record whose retries are used up is given up.
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import type { DynamoDBRecord } from "aws-lambda";
import { failedIdentifiers } from "../../../local/mappings/batch-response.ts";
import { sequenceNumberOf, streamRecord } from "../../../local/mappings/stream-record.ts";
import type { Answer } from "./invocation.ts";
import type { Source, SourceContext } from "./source.ts";
import type { Stage } from "./stage.ts";

export interface StreamSourceOptions {
  /** The environment variable of the table. */
  readonly table: string;
  readonly batchSize?: number;
  readonly retriesMax?: number;
  /** The stream is down and gives everything up: only a sweeper is left. */
  readonly down?: boolean;
}

interface Attempt {
  readonly records: readonly DynamoDBRecord[];
  readonly retries: number;
  readonly notBeforeMs: number;
}

export function streamSource(
  { table, batchSize = 100, retriesMax = 10, down = false }: StreamSourceOptions,
  { stage, simulation, platform, target }: SourceContext,
): Source {
  const ahead: Attempt[] = [];
  let mayHold = true;
  return {
    nextMs: () => ahead[0]?.notBeforeMs,

    onCall({ command }) {
      if (/^(TransactWrite|Put|Update|Delete|BatchWrite)Items?$/.test(command)) mayHold = true;
    },

    async poll() {
      const records = mayHold ? await readOn(stage, table) : [];
      mayHold = false;
      for (let start = 0; start < records.length && !down; start += batchSize) {
        ahead.push({
          records: records.slice(start, start + batchSize),
          retries: 0,
          notBeforeMs: simulation.nowMs(),
        });
      }
      const [next] = ahead;
      if (next === undefined || next.notBeforeMs > simulation.nowMs()) return false;
      ahead.shift();
      const answer = await platform.invoke(target, { Records: next.records });
      const done = checkpointOf(answer, next.records);
      if (done < next.records.length) ahead.unshift(...againOf(next, done));
      return true;
    },
  };

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

function checkpointOf(answer: Answer, records: readonly DynamoDBRecord[]): number {
  if (answer.kind !== "answered") return 0;
  const identifiers = records.map(sequenceNumberOf);
  const { response } = answer;
  const failed = failedIdentifiers({ response, identifiers, reportBatchItemFailures: true });
  const first = identifiers.findIndex((identifier) => failed.has(identifier));
  return first === -1 ? records.length : first;
}

/** Where the runs of a stage are in its streams: each sees only what came since the last. */
const iterators = new WeakMap<Stage, Map<string, string | undefined>>();

export async function readOn(stage: Stage, table: string): Promise<DynamoDBRecord[]> {
  const { streams } = stage.clients;
  const StreamArn = stage.streamArn(table);
  const places = iterators.get(stage) ?? new Map<string, string | undefined>();
  iterators.set(stage, places);
  const found: DynamoDBRecord[] = [];
  for (;;) {
    const ShardIterator = places.get(table) ?? (await beginning());
    const { Records = [], NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
    places.set(table, NextShardIterator);
    found.push(...Records.map((record) => streamRecord(record, StreamArn)));
    if (Records.length === 0) return found;
  }

  async function beginning(): Promise<string | undefined> {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const ShardId = StreamDescription?.Shards?.[0]?.ShardId;
    const asked = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" });
    return (await streams.send(asked)).ShardIterator;
  }
}
