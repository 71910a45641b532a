// The whole flow on the local cloud: request → four services → shipped, in processes of their own, from the bundles
// that would be deployed. How long a committed message waits until its consumer starts, and how many go through.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { paginateScan } from "@aws-sdk/client-dynamodb";
import { readEnvelope } from "../functions/messaging/envelope.ts";
import { type LocalCloud, startLocalCloud } from "../local/cloud.ts";
import { startCarrier } from "../local/demo/carrier.ts";
import { placeOrders } from "../local/demo/clients.ts";
import { openAccounts } from "../local/demo/customers.ts";
import type { LocalEvent } from "../local/events.ts";
import { synthesize } from "../local/synthesize.ts";
import { quantile } from "./statistics.ts";

export interface FlowFigures {
  /** Orders one at a time: commit of a message → start of the invocation that gets it. */
  readonly restP50Ms: number;
  readonly restP99Ms: number;
  /** The same while orders come as fast as they are taken. */
  readonly burstP50Ms: number;
  readonly burstP99Ms: number;
  /** Messages processed a second in the burst, by all consumers together. */
  readonly messagesPerSecond: number;
  readonly ordersPerSecond: number;
}

/** Placed, reserved, approved, shipped: each makes a message that a consumer processes. */
const messagesPerOrder = 4;
const quietMsMax = 120_000;

export async function measureFlow({ orders }: { orders: number }): Promise<FlowFigures> {
  const carrier = await startCarrier();
  const assemblyDirectory = await mkdtemp(join(tmpdir(), "bench-flow-"));
  await synthesize({
    projectDirectory: process.cwd(),
    assemblyDirectory,
    context: { carrierUrl: carrier.url },
    signal: new AbortController().signal,
  });
  const seen = startSeen();
  const cloud = await startLocalCloud({ assemblyDirectory, onEvent: seen.note });
  try {
    return await run(cloud, seen, orders);
  } finally {
    await cloud.stop();
    await carrier.stop();
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

async function run(cloud: LocalCloud, seen: Seen, orders: number): Promise<FlowFigures> {
  const customerId = (n: number) => `bench-${n % customers}`;
  const accounts = Array.from({ length: customers }, (_, n) => ({ customerId: customerId(n), limit: 1e9 }));
  await openAccounts(cloud.clients.dynamodb, cloud.output("CreditTable"), accounts);
  await place(Math.ceil(warmUpOrders), "warm-up", { clients: 2 });

  const atRest = seen.mark();
  for (let n = 0; n < orders / 10; n++) {
    await place(1, `rest-${n}`, { clients: 1 });
  }
  const atBurst = seen.mark();
  const start = performance.now();
  await place(orders, "burst", { clients: 4 });
  const seconds = (performance.now() - start) / 1_000;
  const committedAtMs = await commitTimes(cloud);
  const rest = seen.waits(committedAtMs, { from: atRest, to: atBurst });
  const burst = seen.waits(committedAtMs, { from: atBurst, to: seen.mark() });
  return {
    restP50Ms: quantile(rest, 0.5),
    restP99Ms: quantile(rest, 0.99),
    burstP50Ms: quantile(burst, 0.5),
    burstP99Ms: quantile(burst, 0.99),
    messagesPerSecond: (orders * messagesPerOrder) / seconds,
    ordersPerSecond: orders / seconds,
  };

  /** Returns when all that the orders cause is done. */
  async function place(count: number, name: string, { clients }: { clients: number }): Promise<void> {
    const goal = seen.mark() + count * messagesPerOrder;
    const plans = Array.from({ length: count }, (_, n) => ({
      key: `${name}-${n}`,
      order: order(n),
      repeats: 0,
    }));
    const placements = await placeOrders(plans, { url: cloud.output("PlaceOrderUrl"), clients });
    const failed = placements.find(({ failure }) => failure !== undefined);
    if (failed) throw new Error(`an order was not placed: ${failed.failure}`);
    const untilMs = Date.now() + quietMsMax;
    while (seen.mark() < goal) {
      if (Date.now() > untilMs)
        throw new Error(`${seen.mark()} of ${goal} messages processed in ${quietMsMax} ms`);
      await sleep(lookEveryMs);
    }
  }

  function order(n: number) {
    const lines = [{ sku: "kettle", quantity: 1, unitPrice: 1_000 }];
    return { customerId: customerId(n), shipTo: `${n} Harbour Road, Lisbon`, lines };
  }
}

const customers = 50;
const warmUpOrders = 20;
const lookEveryMs = 5;

interface Seen {
  note(event: LocalEvent): void;
  /** How many messages were processed so far. */
  mark(): number;
  /** Commit → start, of the messages processed between two marks. */
  waits(committedAtMs: ReadonlyMap<string, number>, marks: { from: number; to: number }): number[];
}

/** A line of a consumer says which message an invocation processed, the end of the invocation when it started. */
function startSeen(): Seen {
  const processed: { readonly messageId: string; readonly requestId: string }[] = [];
  const startedAtMs = new Map<string, number>();
  return {
    note(event) {
      if (event.kind === "invocation") startedAtMs.set(event.requestId, Date.now() - event.durationMs);
      if (event.kind !== "log" || !event.line.includes('"PROCESSED"')) return;
      const { messageId } = JSON.parse(event.line);
      processed.push({ messageId, requestId: event.requestId });
    },
    mark: () => processed.length,
    waits(committedAtMs, { from, to }) {
      return processed.slice(from, to).flatMap(({ messageId, requestId }) => {
        const [committed, started] = [committedAtMs.get(messageId), startedAtMs.get(requestId)];
        return committed === undefined || started === undefined ? [] : [Math.max(0, started - committed)];
      });
    },
  };
}

/** The journal has every message with the time at which its unit of work was put together. */
async function commitTimes({ clients, output }: LocalCloud): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  for await (const { Items = [] } of paginateScan(
    { client: clients.dynamodb },
    { TableName: output("JournalTable") },
  )) {
    for (const { body } of Items) {
      if (body?.S === undefined) continue;
      const { id, time } = readEnvelope(body.S);
      times.set(id, Date.parse(time));
    }
  }
  return times;
}
