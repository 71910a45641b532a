// Knows when the flow has nothing left to do, from the queues and tables themselves.
//
//   A message is always somewhere: an outbox row, a queue, or in flight in one. A single look reads these one
//   after the other and may miss one that moves; so two looks in a row must find nothing, with no evidence
//   written in between (every move of a message from a queue to the outbox writes evidence). What an order carries
//   inline is in its table's stream alone; so no order may be approved and neither shipped nor parked.

import { setTimeout as sleep } from "node:timers/promises";
import { readDepths } from "@essentially-once/local-cloud/internal/trial/queue-depths";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { parkedOrderIds } from "./reconcile.ts";
import { countItems, countRows, Order, readTable } from "./tables.ts";
import type { WorldAccess } from "./world.ts";

const LOOK_EVERY_MS = 700;

/** Resolves when all is quiet; throws `NotQuiet`, which says what is stuck, when the time is over. */
export async function quiescence(access: WorldAccess, { withinMs }: { withinMs: number }): Promise<void> {
  const deadline = performance.now() + withinMs;
  let evidenceBefore: number | undefined;
  while (true) {
    const left = await whatIsLeft(access);
    if (left.length === 0) {
      const evidence = await countEvidence(access);
      if (evidence === evidenceBefore) left.push(...(await underWay(access)));
      if (evidence === evidenceBefore && left.length === 0) return;
      evidenceBefore = evidence;
    } else {
      evidenceBefore = undefined;
    }
    if (performance.now() > deadline) throw new NotQuiet(left, withinMs);
    await sleep(LOOK_EVERY_MS);
  }
}

export class NotQuiet extends Error {
  override readonly name = "NotQuiet";

  constructor(left: readonly string[], withinMs: number) {
    super(
      `The flow did not come to rest within ${Math.round(withinMs / 1000)} s. ` +
        `Left: ${left.join("; ") || "nothing, but evidence is still being written"}.`,
    );
  }
}

async function whatIsLeft({ clients, queues, output }: WorldAccess): Promise<string[]> {
  const outboxRows = await countRows(clients.dynamodb, output);
  const depths = await readDepths(clients.sqs, queues);
  const left = depths
    .filter(({ visible, inFlight, delayed }) => visible + inFlight + delayed > 0)
    .map(
      ({ consumer, visible, inFlight, delayed }) =>
        `${consumer}: ${visible} waiting, ${inFlight} in flight, ${delayed} delayed`,
    );
  if (outboxRows > 0) left.push(`outbox: ${outboxRows} rows not sent`);
  return left;
}

/** Of the services that have consumers. */
async function countEvidence({ clients: { dynamodb }, queues }: WorldAccess): Promise<number> {
  const tables = [...new Set(queues.map(({ evidenceTable }) => evidenceTable))];
  const counts = await Promise.all(tables.map((table) => countItems(dynamodb, table)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Orders whose approval may still be in the stream of their table. */
async function underWay({ clients, queues, output }: WorldAccess): Promise<string[]> {
  const orders = await readTable(clients.dynamodb, output("OrdersTable"), Order);
  const parked = parkedOrderIds(await listDeadLetters(clients.sqs, queues));
  const waiting = orders.filter(({ id, status }) => status === "approved" && !parked.has(id));
  return waiting.length === 0 ? [] : [`orders: ${waiting.length} approved, neither shipped nor parked`];
}
