// One shard as its readers see it: records gathered into batches, handed over one batch after the other.
//
//   Records are handed over in the order of the shard, and the next batch waits for the last. A shard that was opened in
//   the place of others begins when those are done.
import type { DynamoDBRecord } from "aws-lambda";
import type { StreamMapping } from "../model/model.ts";
import { batchesOf } from "./batches.ts";
import { waitUnlessStopped } from "./event-source.ts";

export interface StreamShard {
  readonly name: string;
  push(record: DynamoDBRecord): void;
  /** Nothing more comes. */
  close(): void;
  /** Records that are not handed over yet. */
  readonly waiting: number;
  /** Resolves when it is closed and all of it is handed over, or when stopped. */
  readonly done: Promise<void>;
}

export interface StreamShardOptions {
  readonly name: string;
  readonly parents: readonly StreamShard[];
  readonly mapping: StreamMapping;
  readonly signal: AbortSignal;
  readonly deliver: (batch: readonly DynamoDBRecord[]) => Promise<void>;
}

export function streamShard({ name, parents, mapping, signal, deliver }: StreamShardOptions): StreamShard {
  let gathered: DynamoDBRecord[] = [];
  let windowEndsMs = 0;
  let closed = false;
  let news = Promise.withResolvers<void>();
  const onStop = () => news.resolve();
  signal.addEventListener("abort", onStop);
  return {
    name,
    push(record) {
      if (gathered.length === 0) windowEndsMs = Date.now() + mapping.batchWindowMs;
      gathered.push(record);
      news.resolve();
    },
    close() {
      closed = true;
      news.resolve();
    },
    get waiting() {
      return gathered.length;
    },
    done: handOver().finally(() => signal.removeEventListener("abort", onStop)),
  };

  async function handOver(): Promise<void> {
    await Promise.all(parents.map((parent) => parent.done));
    while (!signal.aborted) {
      const [batch, ...behind] = batchesOf(gathered, mapping.batchSize);
      if (batch === undefined && closed) return;
      const full = behind.length > 0 || batch?.length === mapping.batchSize;
      const waitMs = windowEndsMs - Date.now();
      if (batch === undefined || (!full && !closed && waitMs > 0)) {
        await untilNews(batch && waitMs);
        continue;
      }
      gathered = gathered.slice(batch.length);
      await deliver(batch);
      windowEndsMs = Date.now() + mapping.batchWindowMs; // the next window begins when the invocation is over
    }
  }

  async function untilNews(atMostMs: number | undefined): Promise<void> {
    if (atMostMs === undefined) await news.promise;
    else await Promise.race([news.promise, waitUnlessStopped(atMostMs, signal)]);
    news = Promise.withResolvers<void>();
    if (signal.aborted) news.resolve();
  }
}
