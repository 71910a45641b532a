// Looks at the running flow twice a second: draws it, and measures how fast it goes.

import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import type { Progress } from "@essentially-once/local-cloud/internal/trial/progress";
import { readDepths } from "@essentially-once/local-cloud/internal/trial/queue-depths";
import type { Counts } from "@essentially-once/local-cloud/internal/trial/tally";
import type { WorldAccess } from "./world.ts";

export interface Watch {
  /** Seconds after the start of this process; absent when nothing was shipped. */
  firstShippedSeconds(): number | undefined;
  /** Messages processed a second, over the time in which some were: waits for a visibility timeout do not count. */
  messagesPerSecond(): number;
  stop(): Promise<void>;
}

export interface WatchOptions {
  readonly access: WorldAccess;
  readonly counts: Counts;
  readonly progress: Progress;
  readonly orders: number;
  /** Orders that were answered so far. */
  placed(): number;
}

const LOOK_EVERY_MS = 500;

export function startWatch({ access, counts, progress, orders, placed }: WatchOptions): Watch {
  let firstShippedSeconds: number | undefined;
  let busyMs = 0;
  let last = { atMs: performance.now(), processed: counts.processed };
  let look = Promise.resolve();

  async function lookOnce(): Promise<void> {
    const depths = await readDepths(access.clients.sqs, access.queues);
    const nowMs = performance.now();
    if (counts.processed > last.processed) busyMs += nowMs - last.atMs;
    last = { atMs: nowMs, processed: counts.processed };
    if (
      firstShippedSeconds === undefined &&
      (await anyShipped(access.clients.dynamodb, access.output("OrdersTable")))
    ) {
      firstShippedSeconds = tenths(nowMs / 1000);
    }
    progress.show({ seconds: nowMs / 1000, placed: placed(), orders, depths, counts });
  }

  let looking = false;
  const timer = setInterval(() => {
    if (looking) return; // a slow look is not overtaken
    looking = true;
    look = lookOnce()
      .catch(() => undefined) // the next look may see more; the run has its own errors
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS);

  return {
    firstShippedSeconds: () => firstShippedSeconds,
    messagesPerSecond: () => (busyMs === 0 ? 0 : tenths(counts.processed / (busyMs / 1000))),
    async stop() {
      clearInterval(timer);
      await look;
      progress.end();
    },
  };
}

async function anyShipped(client: DynamoDBClient, table: string): Promise<boolean> {
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      Select: "COUNT",
      FilterExpression: "#status = :shipped",
      ExpressionAttributeNames: { "#status": "status" },
      ExpressionAttributeValues: { ":shipped": { S: "shipped" } },
    },
  );
  for await (const { Count = 0 } of pages) if (Count > 0) return true;
  return false;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
