// Which limit ends the growth first: for each, the messages a second of one consumer that it allows, with the
// template's own settings; and what to do past it.
import { limits } from "./limits.ts";

export interface Assumptions {
  readonly batchSize: number;
  /** One invocation, whatever is in it: units of work of a batch commit together. */
  readonly invocationMs: number;
  /** One commit: messages of one key wait for it, one after the other. */
  readonly commitMs: number;
  readonly maxConcurrency: number;
  readonly journalPartitions: number;
  readonly journalPartitionsMax: number;
  /** How long a message that keeps failing is hidden, on average. */
  readonly retryHiddenSeconds: number;
}

export interface Bottleneck {
  readonly what: string;
  readonly messagesPerSecond: number;
  readonly past: string;
  /** Of one key, not of the consumer. */
  readonly perKey: boolean;
}

/** Write units a message: a transaction charges two for each item of up to 1 KB, a plain write one. */
const units = {
  evidence: 2,
  outbox: 2 + 1, // put with the state, deleted when sent
  rowsState: 2,
  inlineState: 1,
  journalEntry: 2,
} as const;
const perJournalTransaction = 49;

/** The lowest first. */
export function bottlenecks(given: Assumptions): Bottleneck[] {
  const perInvocation = given.batchSize / (given.invocationMs / 1_000);
  const journalPartition =
    limits.partitionWrites.value / (units.journalEntry + units.journalEntry / perJournalTransaction);
  const all: Bottleneck[] = [
    {
      what: `one key: sequential commits of ${given.commitMs} ms`,
      messagesPerSecond: 1_000 / given.commitMs,
      past: "split the key (sub-accounts, buckets); put several facts into one message",
      perKey: true,
    },
    {
      what: "one key, rows: the partition of its item",
      messagesPerSecond: limits.partitionWrites.value / units.rowsState,
      past: "use inline: half the units",
      perKey: true,
    },
    {
      what: "one key, inline: the partition of its item",
      messagesPerSecond: limits.partitionWrites.value / units.inlineState,
      past: "split the key; keep the item below 1 KB",
      perKey: true,
    },
    {
      what: "a new outbox table",
      messagesPerSecond: limits.newTableWrites.value / units.outbox,
      past: "set warm throughput before launch, or ramp up: a table takes twice its last peak",
      perKey: false,
    },
    {
      what: `the journal, ${given.journalPartitions} partitions`,
      messagesPerSecond: given.journalPartitions * journalPartition,
      past: `up to ${given.journalPartitionsMax} partitions, chosen before the first entry`,
      perKey: false,
    },
    {
      what: "a queue in which every message fails: messages in flight",
      messagesPerSecond: limits.sqsInFlight.value / given.retryHiddenSeconds,
      past: "nothing: SQS keeps the rest until some are parked",
      perKey: false,
    },
    {
      what: "the outbox table",
      messagesPerSecond: limits.tableWrites.value / units.outbox,
      past: "raise the quota; use inline; one outbox table for each service",
      perKey: false,
    },
    {
      what: "the evidence table of a service",
      messagesPerSecond: limits.tableWrites.value / units.evidence,
      past: "raise the quota; use inline; split the service",
      perKey: false,
    },
    {
      what: `the consumer's maxConcurrency of ${given.maxConcurrency}`,
      messagesPerSecond: given.maxConcurrency * perInvocation,
      past: "raise it in packages/constructs/src/config/config.ts, to 1,000",
      perKey: false,
    },
    {
      what: `the journal, ${given.journalPartitionsMax} partitions`,
      messagesPerSecond: given.journalPartitionsMax * journalPartition,
      past: "one journal for each service; none for types without a projection",
      perKey: false,
    },
    {
      what: "the account's concurrency: invocations a second",
      messagesPerSecond:
        limits.accountConcurrency.value * limits.requestsPerEnvironment.value * given.batchSize,
      past: "raise the quota; larger batches with a window (standard queues)",
      perKey: false,
    },
    {
      what: "the account's concurrency: concurrent invocations",
      messagesPerSecond: limits.accountConcurrency.value * perInvocation,
      past: "raise the quota",
      perKey: false,
    },
    {
      what: "the event source mapping of a queue",
      messagesPerSecond: limits.mappingConcurrency.value * perInvocation,
      past: "provisioned mode, without maxConcurrency: 16 times as many",
      perKey: false,
    },
    {
      what: "a FIFO queue with high throughput",
      messagesPerSecond: limits.fifoRequests.value * limits.sqsBatchEntries.value,
      past: "inline by sequence on a standard queue, or cells",
      perKey: false,
    },
  ];
  return all.sort((a, b) => a.messagesPerSecond - b.messagesPerSecond);
}
