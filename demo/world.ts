// The state of everything after a run, read from the tables, the queues and the carrier.

import type { LocalClients } from "@essentially-once/local-cloud/clients";
import { type QueueDepth, readDepths } from "@essentially-once/local-cloud/internal/trial/queue-depths";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { DeadLetter } from "@essentially-once/operator/dead-letters/dead-letter";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { z } from "zod";
import type { Consignment } from "./carrier.ts";
import { CreditAccount, countRows, Order, readTable, Shipment } from "./tables.ts";

export interface World {
  readonly orders: readonly Order[];
  readonly accounts: readonly CreditAccount[];
  readonly shipments: readonly Shipment[];
  readonly consignments: readonly Consignment[];
  readonly deadLetters: readonly DeadLetter[];
  readonly depths: readonly QueueDepth[];
  readonly outboxRows: number;
}

export interface WorldAccess {
  readonly clients: LocalClients;
  readonly queues: readonly ConsumerQueue[];
  readonly carrierUrl: string;
  /** Milliseconds since 1970: dead letters that were sent before are of another run on the same endpoint. Absent: none are. */
  readonly sinceMs?: number;
  output(key: string): string;
}

const Consignments = z.array(
  z.object({ consignmentId: z.string(), reference: z.string(), lines: z.array(z.unknown()).exactOptional() }),
);

export async function readWorld(access: WorldAccess): Promise<World> {
  const { clients, queues, carrierUrl, output, sinceMs = 0 } = access;
  const { dynamodb, sqs } = clients;
  const [orders, accounts, shipments, outboxRows, listed, consignments] = await Promise.all([
    readTable(dynamodb, output("OrdersTable"), Order),
    readTable(dynamodb, output("CreditTable"), CreditAccount),
    readTable(dynamodb, output("ShippingTable"), Shipment),
    countRows(dynamodb, output),
    listDeadLetters(sqs, queues),
    readConsignments(carrierUrl),
  ]);
  const deadLetters = sentSince(sinceMs, listed.deadLetters);
  // After the list: while it reads, it holds what it reads.
  const depths = await readDepths(sqs, queues);
  return { orders, accounts, shipments, consignments, deadLetters, depths, outboxRows };
}

/** By SQS's time, which a message keeps when a standard queue's policy moves it. */
export function sentSince(sinceMs: number, deadLetters: readonly DeadLetter[]): DeadLetter[] {
  return deadLetters.filter(({ copies }) =>
    copies.some(({ Attributes }) => Number(Attributes?.SentTimestamp ?? sinceMs) >= sinceMs),
  );
}

async function readConsignments(carrierUrl: string): Promise<Consignment[]> {
  const response = await fetch(`${carrierUrl}/consignments`);
  return Consignments.parse(await response.json());
}
