// Queues made wrong.
import { absent, elsewhere, type Subject } from "./subject.ts";

export const queueMutations: readonly Subject[] = [
  {
    name: "consumed queue",
    is: ({ Type, Properties = {} }) => Type === "AWS::SQS::Queue" && "RedrivePolicy" in Properties,
    mutations: [
      ["VisibilityTimeout", 29, "visibility-timeout"],
      ["MessageRetentionPeriod", 1_209_600, "source-retention"],
      ["RedrivePolicy", absent, "dead-letter-queue"],
      ["RedrivePolicy.deadLetterTargetArn", elsewhere, "dead-letter-queue"],
      ["RedrivePolicy.maxReceiveCount", 4, "max-receive-count"],
      ["RedrivePolicy.maxReceiveCount", absent, "max-receive-count"],
      ["QueueName", "another-name", "redrive-allow-policy"],
      ["SqsManagedSseEnabled", false, "queue-encryption"],
      ["SqsManagedSseEnabled", absent, "queue-encryption"],
    ],
    harmless: {
      FifoQueue: "below, of FIFO queues",
      DeduplicationScope: "below, of FIFO queues",
      FifoThroughputLimit: "below, of FIFO queues",
    },
  },
  {
    name: "queue of a consumer",
    is: ({ Type, Properties = {} }, logicalId) =>
      Type === "AWS::SQS::Queue" && "RedrivePolicy" in Properties && !logicalId.startsWith("Schedules"),
    mutations: [
      ["RedrivePolicy.maxReceiveCount", 999, "receives-left"],
      ["MessageRetentionPeriod", 60, "last-try"],
    ],
  },
  {
    name: "consumed FIFO queue",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::SQS::Queue" && "FifoQueue" in Properties && "RedrivePolicy" in Properties,
    mutations: [
      ["FifoQueue", absent, "dead-letter-kind"],
      ["FifoQueue", absent, "fifo-name"],
      ["QueueName", "another-name", "fifo-name"],
      ["DeduplicationScope", "queue", "fifo-throughput"],
      ["FifoThroughputLimit", "perQueue", "fifo-throughput"],
      ["ContentBasedDeduplication", true, "fifo-deduplication"],
    ],
  },
  {
    name: "dead-letter queue",
    is: ({ Type, Properties = {} }) => Type === "AWS::SQS::Queue" && "RedriveAllowPolicy" in Properties,
    mutations: [
      ["MessageRetentionPeriod", 1_209_599, "dead-letter-retention"],
      ["MessageRetentionPeriod", absent, "dead-letter-retention"],
      ["RedriveAllowPolicy", absent, "redrive-allow-policy"],
      ["RedriveAllowPolicy.redrivePermission", "allowAll", "redrive-allow-policy"],
      ["RedriveAllowPolicy.sourceQueueArns", [elsewhere], "redrive-allow-policy"],
      ["SqsManagedSseEnabled", false, "queue-encryption"],
    ],
    harmless: {
      FifoQueue: "below, of FIFO queues",
      DeduplicationScope: "as of consumed FIFO queues",
      FifoThroughputLimit: "as of consumed FIFO queues",
    },
  },
  {
    name: "dead-letter queue of a FIFO queue",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::SQS::Queue" && "FifoQueue" in Properties && "RedriveAllowPolicy" in Properties,
    mutations: [["FifoQueue", absent, "dead-letter-kind"]],
  },
  {
    name: "failure queue of a stream",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::SQS::Queue" && !("RedriveAllowPolicy" in Properties) && !("RedrivePolicy" in Properties),
    mutations: [
      ["MessageRetentionPeriod", 345_600, "stream-failure-retention"],
      ["SqsManagedSseEnabled", false, "queue-encryption"],
    ],
    harmless: {},
  },
];
