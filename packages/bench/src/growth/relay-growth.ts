// Does the sweeper pay more for a row when many were forgotten, and does the journal when it is long? The stream is
// down: rows pile up, the sweeper alone takes them into the journal, and the journal grows by them.
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { writesWithRows } from "@essentially-once/messaging/internal/commit/outbox";
import { journal } from "@essentially-once/messaging/journal";
import { handler as sweep } from "@essentially-once/messaging/relay/sweep";
import { aDeposit } from "../bank.ts";
import { type BenchEngines, tables } from "../engines.ts";
import { invocation } from "../sqs-records.ts";
import { measurePoint, type Point } from "./point.ts";

export interface RelayGrowth {
  readonly backlog: readonly Point[];
  readonly append: readonly Point[];
  readonly read: readonly Point[];
}

export interface RelayGrowthOptions {
  readonly sizes: readonly number[];
  readonly onProgress: (what: string) => void;
}

const accounts = 200;
const appended = 980; // whole transactions of 49, in each of four partitions about five
const pageSize = 100;

export async function growRelay(
  engines: BenchEngines,
  { sizes, onProgress }: RelayGrowthOptions,
): Promise<RelayGrowth> {
  await engines.fresh();
  const [backlog, append, read]: [Point[], Point[], Point[]] = [[], [], []];
  const log = journal({ table: tables.journal });
  let length = 0;
  await forget(`warm-up`, 2_000);
  await sweepAll();
  for (const size of sizes) {
    onProgress(`a backlog of ${size} rows`);
    await forget(`backlog-${size}`, size);
    backlog.push(await measurePoint(size, sweepAll));
    length += size;
    onProgress(`a journal of ${length} entries`);
    append.push(await measurePoint(length, () => appendSome(`append-${size}`)));
    length += appended;
    read.push(await measurePoint(length, readEnd));
  }
  return { backlog, append, read };

  async function appendSome(run: string): Promise<number> {
    const messages = Array.from({ length: appended }, (_, n) => {
      const envelope = aDeposit({ n, accounts, run });
      return { envelope, body: asciiJson(envelope) };
    });
    const results = await log.append(messages, { deadlineMs: Date.now() + 60_000 });
    if (results.some(({ kind }) => kind !== "appended")) throw new Error("an append was not confirmed");
    return appended;
  }

  /** The last page of each partition, as a projection reads it that has caught up. */
  async function readEnd(): Promise<number> {
    let entries = 0;
    for (let partition = 0; partition < log.partitions; partition++) {
      const end = await endOf(partition);
      for (let page = 0; page < 10; page++) {
        entries += (await log.read({ partition, after: end - pageSize, limit: pageSize })).length;
      }
    }
    return entries;
  }

  /** By halves: what it reads is little, and the same at each length but for a few steps. */
  async function endOf(partition: number): Promise<number> {
    let [low, high] = [0, 2 * length + 10_000];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const [entry] = await log.read({ partition, after: middle - 1, limit: 1 });
      if (entry === undefined) high = middle - 1;
      else low = middle;
    }
    return low;
  }
}

/** Invocation after invocation, as the schedule would start them. */
async function sweepAll(): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows, sent } = await sweep({}, invocation(60_000));
    total += sent;
    if (rows === 0) return total;
    if (sent === 0) throw new Error(`a sweep found ${rows} rows and sent none of them`);
  }
}

/** Rows that are old enough to be the sweeper's. */
async function forget(run: string, rows: number): Promise<void> {
  const createdAt = new Date(Date.now() - 3_600_000).toISOString();
  for (let start = 0; start < rows; start += 25) {
    const puts = Array.from({ length: Math.min(25, rows - start) }, (_, index) => {
      const envelope = aDeposit({ n: start + index, accounts, run });
      const unit = { writes: [], messages: [envelope] };
      const [row] = writesWithRows(unit, { table: () => tables.outbox, id: envelope.id });
      return { PutRequest: { Item: { ...row?.Put?.Item, createdAt: { S: createdAt } } } };
    });
    await dynamodb().send(new BatchWriteItemCommand({ RequestItems: { [tables.outbox]: puts } }));
  }
}
