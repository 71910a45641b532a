// Knows when the flow has nothing left to do, from the queues and tables themselves.
//
//   A message is always somewhere: an outbox row, a queue, or in flight in one. A single look reads these one
//   after the other and may miss one that moves; so two looks in a row must find nothing, with no evidence
//   written in between (every move of a message from a queue to the outbox writes evidence). What an item carries
//   inline is in its table's stream alone: an app with such items says what has not come to its end.

import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { LocalClients } from "../../model/clients.ts";
import { readDepths } from "./queue-depths.ts";
import { countItems, countRows } from "./tables.ts";

export interface FlowAccess {
  readonly clients: Pick<LocalClients, "dynamodb" | "sqs">;
  readonly queues: readonly ConsumerQueue[];
  output(key: string): string;
}

export interface Quiescence {
  readonly withinMs: number;
  /** What queues and outbox do not show, each in words. */
  readonly unfinished?: () => Promise<readonly string[]>;
}

const LOOK_EVERY_MS = 300;
/** While all else goes on: a look costs what a message costs. */
const FIND_EVERY_MS = 1_000;

/** Resolves when all is quiet; throws `NotQuiet`, which says what is stuck, when the timeout expires. */
export async function quiescence(
  access: FlowAccess,
  { withinMs, unfinished = async () => [] }: Quiescence,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  let evidenceBefore: number | undefined;
  while (true) {
    const left = await whatIsLeft(access);
    if (left.length === 0) {
      const evidence = await countEvidence(access);
      if (evidence === evidenceBefore) left.push(...(await unfinished()));
      if (evidence === evidenceBefore && left.length === 0) return;
      evidenceBefore = evidence;
    } else {
      evidenceBefore = undefined;
    }
    if (performance.now() > deadline) throw new NotQuiet(left, withinMs);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Asks until there is something; throws `NotQuiet` when the timeout expires. */
export async function found<Found>(
  find: () => Promise<Found | undefined>,
  withinMs: number,
  what: string,
): Promise<Found> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new NotQuiet([what], withinMs);
    await sleep(FIND_EVERY_MS);
  }
}

export class NotQuiet extends Error {
  override readonly name = "NotQuiet";

  constructor(left: readonly string[], withinMs: number) {
    super(
      `The flow did not become idle within ${Math.round(withinMs / 1000)} s. ` +
        `Left: ${left.join("; ") || "nothing, but evidence is still being written"}.`,
    );
  }
}

/** The messages left in each queue and in the outbox, in words. */
export async function whatIsLeft({ clients, queues, output }: FlowAccess): Promise<string[]> {
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
async function countEvidence({ clients: { dynamodb }, queues }: FlowAccess): Promise<number> {
  const tables = [...new Set(queues.map(({ evidenceTable }) => evidenceTable))];
  const counts = await Promise.all(tables.map((table) => countItems(dynamodb, table)));
  return counts.reduce((sum, count) => sum + count, 0);
}
