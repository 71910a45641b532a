// The messages that the queue delivers: the same for every contender.

import type { Envelope } from "@essentially-once/messaging/envelope";
import type { SQSEvent } from "aws-lambda";
import { aDeposit } from "./bank.ts";
import { batches, sqsRecord } from "./sqs-records.ts";

export interface Workload {
  readonly name: string;
  /** Added to each request, as a network would. */
  readonly delayMs?: number;
  /** What is handled before the measurement begins; nothing unless given. */
  readonly before?: (run: Run) => readonly Envelope[];
  /** Whether the same process handles both; another one unless given, which knows only the evidence. */
  readonly sameProcess?: boolean;
  readonly measured: (run: Run) => readonly Envelope[];
  /** How often SQS has given each measured message, this time included; 1 unless given. */
  readonly receiveCount?: number;
  /** How many messages an invocation gets; 10 unless given. */
  readonly batchSize?: number;
}

export interface Run {
  /** Keeps the messages of one measurement apart from those of all others. */
  readonly name: string;
  readonly messages: number;
}

export const workloads: readonly Workload[] = [
  { name: "fresh", measured: fresh },
  { name: "fresh, batches of 33", batchSize: 33, measured: fresh },
  { name: "fresh, batches of 100", batchSize: 100, measured: fresh },
  { name: "100 % duplicates", before: fresh, measured: fresh }, // sent twice: SQS cannot know, so a first delivery
  { name: "100 % duplicates, same process", before: fresh, measured: fresh, sameProcess: true },
  { name: "100 % redelivered", before: fresh, measured: fresh, receiveCount: 2 }, // done, and never acknowledged
  { name: "10 % duplicates", before: firstTenth, measured: firstTenthSpread },
  { name: "1 % poison", measured: (run) => fresh(run).map(spoilOneInHundred) },
  { name: "fresh, +5 ms a request", delayMs: 5, measured: fresh },
];

export async function toBatches(
  envelopes: readonly Envelope[],
  { receiveCount, batchSize }: Pick<Workload, "receiveCount" | "batchSize"> = {},
): Promise<SQSEvent[]> {
  const records = await Promise.all(envelopes.map((envelope) => sqsRecord(envelope, receiveCount)));
  return batches(records, batchSize);
}

/** Many accounts, each met a few times: two messages of an account are never in one batch. */
const accounts = 200;

function fresh({ name: run, messages }: Run): Envelope[] {
  return Array.from({ length: messages }, (_, n) => aDeposit({ n, accounts, run }));
}

function firstTenth(run: Run): Envelope[] {
  return fresh(run).slice(0, run.messages / 10);
}

/** Each of the first tenth, which were handled before, among nine new ones. */
function firstTenthSpread(run: Run): Envelope[] {
  const others = fresh(run).slice(run.messages / 10);
  return firstTenth(run).flatMap((seen, n) => [seen, ...others.slice(n * 9, n * 9 + 9)]);
}

function spoilOneInHundred(envelope: Envelope, n: number): Envelope {
  return n % 100 === 50 ? { ...envelope, data: { accountId: "", amount: -1 } } : envelope;
}
