// Waits until a flow has nothing left to do, sends back what trouble brought among the dead letters, and waits again.
import { setTimeout as sleep } from "node:timers/promises";
import { paginateScan, ScanCommand, type ScanCommandOutput } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import type { LocalCloud } from "@essentially-once/local-cloud/cloud";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";

/** Each redrive may meet what the last one left. */
const redrivesMax = 4;
const pollEveryMs = 500;

export interface Snapshot {
  readonly rows: number;
  readonly waiting: number;
  readonly approved: number;
}

export interface SettleOptions {
  readonly asks: number;
  readonly withinMs: number;
  readonly onSnapshot?: (seen: Snapshot) => void;
}

/** @returns how many dead letters were sent back or removed */
export async function settle(cloud: LocalCloud, options: SettleOptions): Promise<number> {
  let handledInAll = 0;
  for (let round = 1; ; round++) {
    const dead = await untilQuiet(cloud, options);
    if (dead === 0) return handledInAll;
    if (round > redrivesMax) throw new Error(`${dead} dead letters are left after ${redrivesMax} redrives`);
    const { handled } = await redrive(cloud.clients, {
      queues: consumerQueues(cloud.outputs),
      matches: () => true,
      dryRun: false,
    });
    handledInAll += handled.length;
  }
}

/**
 * Quiet: no row in the outbox, no message in a queue, and each ask approved or among the dead letters.
 * @returns how many dead letters there are
 */
async function untilQuiet(cloud: LocalCloud, { asks, withinMs, onSnapshot }: SettleOptions): Promise<number> {
  const givesUpAt = performance.now() + withinMs;
  for (;;) {
    const { waiting, dead } = await depths(cloud);
    const rows = await itemCount(cloud, "OrderedOutboxTable");
    const approved = await itemCount(cloud, "SecondTable");
    onSnapshot?.({ rows, waiting, approved });
    if (rows === 0 && waiting === 0 && approved + dead >= asks) return dead;
    if (performance.now() > givesUpAt) {
      throw new Error(
        `not quiet after ${Math.round(withinMs / 1_000)} s: ${rows} rows in the outbox, ${waiting} messages in queues, ${approved} of ${asks} approved, ${dead} dead letters`,
      );
    }
    await sleep(pollEveryMs);
  }
}

async function depths({ clients: { sqs }, outputs }: LocalCloud): Promise<{ waiting: number; dead: number }> {
  let [waiting, dead] = [0, 0];
  for (const { queueUrl, deadLetterQueueUrl } of consumerQueues(outputs)) {
    waiting += await depth(queueUrl);
    dead += await depth(deadLetterQueueUrl);
  }
  return { waiting, dead };

  async function depth(QueueUrl: string): Promise<number> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    const { ApproximateNumberOfMessages: seen, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes;
    return Number(seen) + Number(hidden) + Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0);
  }
}

async function itemCount({ clients: { dynamodb }, output }: LocalCloud, table: string): Promise<number> {
  const pages = paginateScan(
    { client: dynamodb },
    { TableName: output(table), ConsistentRead: true, Select: "COUNT" },
  );
  let count = 0;
  for await (const { Count = 0 } of pages) count += Count;
  return count;
}

export async function allItems(
  { clients: { dynamodb }, output }: LocalCloud,
  table: string,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: ScanCommandOutput["LastEvaluatedKey"];
  do {
    const page: ScanCommandOutput = await dynamodb.send(
      new ScanCommand({ TableName: output(table), ConsistentRead: true, ExclusiveStartKey }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}
