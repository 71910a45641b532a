// Finds the dead-letter queue of each queue in the stacks' outputs, where each consumer `X` has `XConsumer`, `XQueueUrl` and
// `XDeadLetterQueueUrl`, and its service `S` has the tables `STable` and `SEvidenceTable`. A message's own
// attributes are not trusted for this.

import type { Origin } from "@essentially-once/messaging/internal/origin/origin";
import type { Outputs } from "../connect/connection.ts";
import { originIn } from "../connect/origins.ts";
import { UsageError } from "../terminal/usage-error.ts";

export interface ConsumerQueue {
  /** `ReserveCredit` */
  readonly consumer: string;
  /** `reserve-credit`: what it calls itself in its evidence. */
  readonly name: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Where the functions of its service keep evidence. */
  readonly evidenceTable: string;
  /** The other tables of its service, where a consumer with inline evidence keeps it. */
  readonly stateTables?: readonly string[];
  /** How its messages come, when the relay does not send them: the output `XFrom`. */
  readonly from?: Origin;
}

const EVIDENCE_OUTPUT = /.EvidenceTable$/;
const DEAD_LETTER_OUTPUT = /^(?<consumer>.+)DeadLetterQueueUrl$/;

export function consumerQueues(outputs: Outputs): ConsumerQueue[] {
  const queues = Object.values(outputs).flatMap(queuesOf);
  if (queues.length > 0) return queues.sort((a, b) => a.consumer.localeCompare(b.consumer));
  const keys = Object.values(outputs).flatMap((stack) => Object.keys(stack));
  throw new UsageError(
    `No consumer found: the stacks need outputs XConsumer, XQueueUrl and XDeadLetterQueueUrl. The outputs are ${keys.join(", ") || "none"}.`,
  );
}

function queuesOf(stack: Readonly<Record<string, string>>): ConsumerQueue[] {
  const evidence = Object.keys(stack).find((key) => EVIDENCE_OUTPUT.test(key));
  const tables = Object.entries(stack).filter(([key]) => key.endsWith("Table") && key !== evidence);
  const stateTables = [...new Set(tables.map(([, table]) => table))];
  return Object.entries(stack).flatMap(([key, deadLetterQueueUrl]) => {
    const consumer = DEAD_LETTER_OUTPUT.exec(key)?.groups?.consumer;
    const queueUrl = stack[`${consumer}QueueUrl`];
    const name = stack[`${consumer}Consumer`];
    if (!consumer || !name || !queueUrl) return [];
    const evidenceTable = evidence && stack[evidence];
    if (!evidenceTable)
      throw new UsageError(
        `The stack of ${consumer} has no output XEvidenceTable: deploy this release first.`,
      );
    const form = stack[`${consumer}From`];
    const from = form === undefined ? {} : { from: originIn(form, name) };
    return [{ consumer, name, queueUrl, deadLetterQueueUrl, evidenceTable, stateTables, ...from }];
  });
}

/** `reserve-credit` and `ReserveCredit` name the same consumer. Throws for a name that no consumer has. */
export function queuesNamed(
  queues: readonly ConsumerQueue[],
  name: string | undefined,
): readonly ConsumerQueue[] {
  if (name === undefined) return queues;
  const named = queues.filter((queue) => queue.name === name || queue.consumer === name);
  if (named.length > 0) return named;
  const consumers = queues.map(({ consumer }) => consumer).join(", ");
  throw new UsageError(`--queue must be one of ${consumers}, got ${JSON.stringify(name)}.`);
}
