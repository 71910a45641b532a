// FIFO queues: settings that only make sense together.
//
//   G4. Messages of one key take effect in order, so only the consumer parks: it knows who must wait.
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, isTrue, mappingsOf, numberAt, variableOf } from "./wiring.ts";

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
const receivesMax = 1000;
const batchSizeMax = 10;

export const fifoRules: readonly Rule[] = [
  {
    id: "fifo-name",
    demand:
      "the name of a FIFO queue, and of no other, must end with .fifo, or the deployment fails half-way",
    check: (templates) =>
      templates.ofType("AWS::SQS::Queue").flatMap((queue) => {
        const name = at(queue, "QueueName");
        if (name === undefined || String(name).endsWith(".fifo") === isFifo(queue)) return [];
        return [
          finding(
            queue,
            "QueueName",
            isFifo(queue) ? "a name that ends with .fifo" : "FifoQueue: true, or another name",
          ),
        ];
      }),
  },
  {
    id: "fifo-throughput",
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/high-throughput-fifo.html
    demand:
      "unless deduplication and throughput are per message group, all groups share 300 requests a second",
    check: (templates) =>
      fifoQueues(templates).flatMap((queue) => [
        ...(at(queue, "DeduplicationScope") === "messageGroup"
          ? []
          : [finding(queue, "DeduplicationScope", "messageGroup")]),
        ...(at(queue, "FifoThroughputLimit") === "perMessageGroupId"
          ? []
          : [finding(queue, "FifoThroughputLimit", "perMessageGroupId")]),
      ]),
  },
  {
    id: "fifo-deduplication",
    demand: "with content-based deduplication SQS drops the second of two equal messages within five minutes",
    check: (templates) =>
      fifoQueues(templates).flatMap((queue) =>
        isNotTrue(at(queue, "ContentBasedDeduplication"))
          ? []
          : [finding(queue, "ContentBasedDeduplication", "false")],
      ),
  },
  {
    id: "fifo-batch",
    demand: `a FIFO mapping allows batches of at most ${batchSizeMax} and no batching window`,
    check: (templates) =>
      mappingsOf(templates).queues.flatMap(({ mapping, source }) => {
        if (source === undefined || !isFifo(source)) return [];
        return [
          ...(numberAt(mapping, "BatchSize", batchSizeMax) <= batchSizeMax
            ? []
            : [finding(mapping, "BatchSize", `1 to ${batchSizeMax}`)]),
          ...(numberAt(mapping, "MaximumBatchingWindowInSeconds", 0) === 0
            ? []
            : [finding(mapping, "MaximumBatchingWindowInSeconds", "remove it")]),
        ];
      }),
  },
  {
    id: "receives-left",
    demand:
      "waiting for a busy key uses receives. The consumer counts attempts itself and parks with the reason; with a lower maxReceiveCount SQS would dead-letter healthy messages",
    check: (templates) =>
      [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
        mappings.flatMap(({ function: consumer }) => {
          const counted = variableOf(consumer, "MAX_RECEIVE_COUNT");
          if (counted === undefined || at(queue, "RedrivePolicy") === undefined) return [];
          const needed = Math.max(receivesMax, Number(counted));
          if (numberAt(queue, "RedrivePolicy.maxReceiveCount", 0) >= needed) return [];
          return [
            finding(queue, "RedrivePolicy.maxReceiveCount", `${needed}, as the consumer parks at ${counted}`),
          ];
        }),
      ),
  },
];

/** Absent or false. A value that only the deployment knows is neither. */
function isNotTrue(value: unknown): boolean {
  return value === undefined || value === false || value === "false";
}

function isFifo(queue: Resource): boolean {
  return isTrue(at(queue, "FifoQueue"));
}

function fifoQueues(templates: Templates): Resource[] {
  return templates.ofType("AWS::SQS::Queue").filter(isFifo);
}
