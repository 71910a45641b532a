// The whole flow on the local cloud: a request, then three consumers in a row (a transaction, one write of a FIFO key, a
// transaction), in processes of their own, from bundles as they are deployed. How long a committed message waits until
// its consumer starts, and how many go through.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutItemCommand, paginateScan } from "@aws-sdk/client-dynamodb";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import type { LocalEvent } from "@essentially-once/local-cloud/internal/model/events";
import { synthesize } from "@essentially-once/local-cloud/synthesize";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { kitApp } from "@essentially-once/testing/internal/support/assembly";
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
}

/** Asked, taken, approved: each is a message that a consumer processes. */
const messagesPerOrder = 3;
const quietMsMax = 120_000;

export async function measureFlow({ orders }: { orders: number }): Promise<FlowFigures> {
  const assemblyDirectory = await mkdtemp(join(tmpdir(), "bench-flow-"));
  await synthesize({
    projectDirectory: process.cwd(),
    assemblyDirectory,
    app: `node ${kitApp}`,
    context: {},
    signal: new AbortController().signal,
  });
  const seen = startSeen();
  const cloud = await startLocalCloud({ assemblyDirectory, onEvent: seen.note });
  try {
    return await run(cloud, seen, orders);
  } finally {
    await cloud.stop();
    await rm(assemblyDirectory, { recursive: true, force: true });
  }
}

async function run(cloud: LocalCloud, seen: Seen, orders: number): Promise<FlowFigures> {
  for (let n = 0; n < tills; n++) {
    const Item = { id: { S: tillId(n) }, version: { N: "1" }, available: { N: "1000000000" } };
    await cloud.clients.dynamodb.send(new PutItemCommand({ TableName: cloud.output("StandardTable"), Item }));
  }
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
  };

  /** Returns when all that the orders cause is done. */
  async function place(count: number, name: string, { clients }: { clients: number }): Promise<void> {
    const goal = seen.mark() + count * messagesPerOrder;
    let next = 0;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < count) await ask(`${name}-${next}`, next++);
      }),
    );
    const untilMs = Date.now() + quietMsMax;
    while (seen.mark() < goal) {
      if (Date.now() > untilMs)
        throw new Error(`${seen.mark()} of ${goal} messages processed in ${quietMsMax} ms`);
      await sleep(pollEveryMs);
    }
  }

  async function ask(key: string, n: number): Promise<void> {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const body = JSON.stringify({ till: tillId(n), amount: 1 });
    const { status } = await fetch(cloud.output("AskUrl"), { method: "POST", headers, body });
    if (status !== 201) throw new Error(`request ${key} was answered with ${status}`);
  }
}

function tillId(n: number): string {
  return `bench-${n % tills}`;
}

const tills = 50;
const warmUpOrders = 20;
const pollEveryMs = 5;

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
