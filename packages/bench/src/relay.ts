// What the way between two services costs: outbox → queue, outbox → journal → projection, and the sweeper that finds
// nothing. Batches of a hundred rows, as the stream gives them, with a message each.
import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson } from "@essentially-once/messaging/envelope";
import {
  type OutboxRow,
  orderingKeyOf,
  writesWithRows,
} from "@essentially-once/messaging/internal/commit/outbox";
import { publisher } from "@essentially-once/messaging/internal/publish/publisher";
import { fixedRegistry } from "@essentially-once/messaging/internal/publish/registry";
import { signer } from "@essentially-once/messaging/internal/trust/signature";
import { journal } from "@essentially-once/messaging/journal";
import { projection } from "@essentially-once/messaging/projection";
import { handler as sweep } from "@essentially-once/messaging/relay/sweep";
import { sqs } from "@essentially-once/messaging/sqs-client";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
import { aDeposit, MoneyDeposited } from "./bank.ts";
import { type BenchEngines, tables } from "./engines.ts";
import { sinkLogs } from "./measure.ts";
import { attemptsOf, meter } from "./meter.ts";
import { invocation, keys } from "./sqs-records.ts";

export interface Leg {
  readonly leg: string;
  readonly dynamodbRequestsPerMessage: number;
  readonly sqsRequestsPerMessage: number;
  readonly writeUnitsPerMessage: number;
  readonly readUnitsPerMessage: number;
  readonly messagesPerSecond: number;
  readonly cpuMicrosecondsPerMessage: number;
}

/** As the stream's event source mapping gives them. */
const rowsPerBatch = 100;
const accounts = 200;
const deadline = () => ({ deadlineMs: Date.now() + 30_000 });

export async function measureRelay(engines: BenchEngines, messages: number): Promise<Leg[]> {
  await engines.fresh();
  const rows = Array.from({ length: messages }, (_, n) => aRow(n, messages));
  await putRows(rows);
  const toQueue = publisher({
    outboxTable: tables.outbox,
    registry: fixedRegistry({ routes: { queuesFor: () => [process.env.QUEUE_URL ?? ""] } }),
    sign: signer({ keys }),
  });
  const log = journal({ table: tables.journal });
  return [
    await leg("outbox → queue, rows deleted", messages, async () => {
      for (const batch of batchesOf(rows)) await toQueue.publish(batch, deadline());
    }),
    await leg("outbox → journal", messages, async () => {
      for (const batch of batchesOf(rows)) {
        await log.append(
          batch.flatMap(({ messages: list }) => list),
          deadline(),
        );
      }
    }),
    await leg("journal → projection", messages, async () => void (await pull({}, invocation()))),
    await leg("sweep that finds nothing, each time", 1, async () => void (await sweep({}, invocation()))),
  ];
}

interface Total extends Versioned {
  readonly amount: number;
}

async function pull(...invoked: Parameters<ReturnType<typeof totals>>): Promise<unknown> {
  return totals()(...invoked);
}

function totals() {
  return projection(contract({ name: "totals", accepts: [MoneyDeposited] }), {
    journal: journal({ table: tables.journal }),
    table: tables.accounts,
  }).handler(async ({ data }, unit, state) => {
    const items = state<Total>("total");
    const total = (await items.get(data.accountId)) ?? { id: data.accountId, version: 0, amount: 0 };
    unit.write(items.save({ ...total, amount: total.amount + data.amount }));
  });
}

export async function leg(name: string, messages: number, work: () => Promise<void>): Promise<Leg> {
  const restore = sinkLogs();
  const [database, queues] = [meter(dynamodb()), attemptsOf(sqs())];
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  database.remove();
  queues.remove();
  restore();
  return {
    leg: name,
    dynamodbRequestsPerMessage: database.usage.requests / messages,
    sqsRequestsPerMessage: queues.usage.requests / messages,
    writeUnitsPerMessage: database.usage.writeUnits / messages,
    readUnitsPerMessage: database.usage.readUnits / messages,
    messagesPerSecond: messages / (elapsedMs / 1_000),
    cpuMicrosecondsPerMessage: (user + system) / messages,
  };
}

function aRow(n: number, messages: number): OutboxRow {
  const envelope = aDeposit({ n, accounts: Math.min(accounts, messages), run: "relay" });
  const body = asciiJson(envelope);
  const key = { id: orderingKeyOf(envelope), place: envelope.id };
  return {
    id: envelope.id,
    key,
    createdAt: envelope.time,
    messages: [{ body, envelope }],
    after: "",
    tried: false,
  };
}

async function putRows(rows: readonly OutboxRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 25) {
    const puts = rows.slice(start, start + 25).map(({ key, messages }) => {
      const unit = { writes: [], messages: messages.map(({ envelope }) => envelope) };
      const [write] = writesWithRows(unit, { table: () => tables.outbox, id: key.place ?? "" });
      return { PutRequest: { Item: { ...write?.Put?.Item, place: { S: key.place ?? "" } } } };
    });
    await dynamodb().send(new BatchWriteItemCommand({ RequestItems: { [tables.outbox]: puts } }));
  }
}

function batchesOf(rows: readonly OutboxRow[]): OutboxRow[][] {
  return Array.from({ length: Math.ceil(rows.length / rowsPerBatch) }, (_, n) =>
    rows.slice(n * rowsPerBatch, (n + 1) * rowsPerBatch),
  );
}
