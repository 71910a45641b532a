// One measurement: a contender, a workload, a fresh engine; and several of them put together.

import { newId } from "@essentially-once/messaging/ids";
import type { SQSEvent } from "aws-lambda";
import type { Contender, Running } from "./contender.ts";
import type { BenchEngines } from "./engines.ts";
import { attemptsOf, meter } from "./meter.ts";
import { invocation } from "./sqs-records.ts";
import { median, quantile } from "./statistics.ts";
import { toBatches, type Workload } from "./workloads.ts";

export interface Sample {
  readonly requestsPerMessage: number;
  readonly writeUnitsPerMessage: number;
  readonly readUnitsPerMessage: number;
  readonly refusedPerMessage: number;
  /** Parking, delaying, deleting: what is on top of the event source mapping's own. */
  readonly sqsRequestsPerMessage: number;
  readonly messagesPerSecond: number;
  readonly cpuMicrosecondsPerMessage: number;
  readonly batchMs: readonly number[];
  /** Records that the handler returned to the queue. */
  readonly returned: number;
}

export interface Figures extends Omit<Sample, "batchMs"> {
  readonly batchP50Ms: number;
  readonly batchP99Ms: number;
}

export async function measure(
  { fresh }: Pick<BenchEngines, "fresh">,
  { contender, workload, messages }: { contender: Contender; workload: Workload; messages: number },
): Promise<Sample> {
  await fresh();
  const running = await contender.make();
  const run = { name: newId(), messages };
  const before = await toBatches(workload.before?.(run) ?? []);
  await handleAll(workload.sameProcess ? running : await contender.make(), before);
  const events = await toBatches(workload.measured(run), workload);
  const counter = meter(running.client, { ...(workload.delayMs && { delayMs: workload.delayMs }) });
  const sqsCounter = running.sqsClient && attemptsOf(running.sqsClient);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { batchMs, returned } = await handleAll(running, events);
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  counter.remove();
  sqsCounter?.remove();
  const { requests, writeUnits, readUnits, refused } = counter.usage;
  return {
    requestsPerMessage: requests / messages,
    writeUnitsPerMessage: writeUnits / messages,
    readUnitsPerMessage: readUnits / messages,
    refusedPerMessage: refused / messages,
    sqsRequestsPerMessage: (sqsCounter?.usage.requests ?? 0) / messages,
    messagesPerSecond: messages / (elapsedMs / 1_000),
    cpuMicrosecondsPerMessage: (user + system) / messages,
    batchMs,
    returned,
  };
}

/** Medians of the rounds; latencies of all batches of all rounds together. */
export function figuresOf(samples: readonly Sample[]): Figures {
  const medianOf = (pick: (sample: Sample) => number) => median(samples.map(pick));
  const batchMs = samples.flatMap((sample) => sample.batchMs);
  return {
    requestsPerMessage: medianOf((sample) => sample.requestsPerMessage),
    writeUnitsPerMessage: medianOf((sample) => sample.writeUnitsPerMessage),
    readUnitsPerMessage: medianOf((sample) => sample.readUnitsPerMessage),
    refusedPerMessage: medianOf((sample) => sample.refusedPerMessage),
    sqsRequestsPerMessage: medianOf((sample) => sample.sqsRequestsPerMessage),
    messagesPerSecond: medianOf((sample) => sample.messagesPerSecond),
    cpuMicrosecondsPerMessage: medianOf((sample) => sample.cpuMicrosecondsPerMessage),
    returned: medianOf((sample) => sample.returned),
    batchP50Ms: quantile(batchMs, 0.5),
    batchP99Ms: quantile(batchMs, 0.99),
  };
}

/** One batch after the other, as one execution environment gets them. */
async function handleAll(
  { handler }: Running,
  events: readonly SQSEvent[],
): Promise<{ batchMs: number[]; returned: number }> {
  const restore = sinkLogs();
  const batchMs: number[] = [];
  let returned = 0;
  try {
    for (const event of events) {
      const start = performance.now();
      const { batchItemFailures } = await handler(event, invocation());
      batchMs.push(performance.now() - start);
      returned += batchItemFailures.length;
    }
  } finally {
    restore();
  }
  return { batchMs, returned };
}

/** Log lines are made as ever and go nowhere: what a terminal costs is not the consumer's. */
export function sinkLogs(): () => void {
  const { write } = process.stdout;
  process.stdout.write = () => true;
  return function restoreLogs() {
    process.stdout.write = write;
  };
}
