// Does a message cost a consumer more when many came before it, or when they belong to many keys? One process, one
// set of tables, more and more messages.
import { dynamodb } from "@essentially-once/messaging/clients";
import { aDeposit } from "../bank.ts";
import type { Contender, Running } from "../contender.ts";
import type { BenchEngines } from "../engines.ts";
import { sinkLogs } from "../measure.ts";
import { invocation } from "../sqs-records.ts";
import { toBatches } from "../workloads.ts";
import { measurePoint, type Point } from "./point.ts";

export interface GrowthOptions {
  readonly contender: Contender;
  readonly sizes: readonly number[];
  readonly onProgress: (what: string) => void;
}

/** The messages that are measured at each size, and handled at once as far as memory goes. */
const measured = 1_000;
const accounts = 200;

/** Evidence and state of all that was processed stay, as they do for 60 days on AWS. */
export async function growHistory(
  engines: BenchEngines,
  { contender, sizes, onProgress }: GrowthOptions,
): Promise<Point[]> {
  const running = await warmed(engines, contender);
  const points: Point[] = [];
  let processed = 0;
  for (const size of sizes) {
    onProgress(`history of ${size}: ${contender.name}`);
    for (; processed < size; processed += measured)
      await handle(running, messages("history", processed, accounts));
    points.push(await measurePoint(size, () => handle(running, messages("history", size, accounts))));
    processed += measured;
  }
  return points;
}

/** A process that has met every key, and meets some of them again. */
export async function growKeys(
  engines: BenchEngines,
  { contender, sizes, onProgress }: GrowthOptions,
): Promise<Point[]> {
  const points: Point[] = [];
  for (const keys of sizes) {
    onProgress(`${keys} keys: ${contender.name}`);
    const running = await warmed(engines, contender);
    const before = Math.max(measured, Math.ceil(keys / measured) * measured);
    for (let n = 0; n < before; n += measured) await handle(running, messages(`keys-${keys}`, n, keys));
    points.push(await measurePoint(keys, () => handle(running, messages(`keys-${keys}`, before, keys))));
  }
  return points;
}

async function warmed({ fresh }: BenchEngines, contender: Contender): Promise<Running> {
  await fresh();
  const running = await contender.make();
  for (let n = 0; n < 2 * measured; n += measured) await handle(running, messages("warm-up", n, accounts));
  if (running.client !== dynamodb()) throw new Error(`${contender.name} must use the client that is metered`);
  return running;
}

function messages(run: string, from: number, keys: number) {
  return Array.from({ length: measured }, (_, n) => aDeposit({ n: from + n, accounts: keys, run }));
}

async function handle({ handler }: Running, envelopes: ReturnType<typeof messages>): Promise<number> {
  const restore = sinkLogs();
  try {
    for (const event of await toBatches(envelopes)) {
      const { batchItemFailures } = await handler(event, invocation());
      if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages came back`);
    }
    return envelopes.length;
  } finally {
    restore();
  }
}
