// What AWS allows, in one place: docs/scaling.md prints this table, the bottlenecks are computed from it and the
// simulation stops at it. Values of us-east-1 as AWS ships them; those that can be raised say so.

export interface Limit {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Whether AWS raises it on request, or what raises it. */
  readonly raised: string;
  readonly page: string;
}

/** When the pages were last compared with this file. */
export const limitsCheckedOn = "2026-11-21";

const sqsMessages =
  "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html";
const sqsQueues =
  "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html";
const sqsScaling = "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html";
const lambdaLimits = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const dynamodbQuotas = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html";

export const limits = {
  sqsBatchEntries: {
    what: "SQS: messages in one send, receive or delete",
    value: 10,
    unit: "messages",
    raised: "no",
    page: sqsMessages,
  },
  sqsInFlight: {
    what: "SQS: in-flight messages of a queue, those waiting for a retry included",
    value: 120_000,
    unit: "messages",
    raised: "on request",
    page: sqsQueues,
  },
  fifoScanned: {
    what: "SQS FIFO: messages at the head of the queue searched for free groups",
    value: 120_000,
    unit: "messages",
    raised: "no",
    page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/avoid-backlog-with-the-same-message-group-id.html",
  },
  fifoRequests: {
    what: "SQS FIFO, high throughput: requests of one action to a queue, up to ten messages each",
    value: 70_000,
    unit: "requests/s",
    raised: "on request",
    page: sqsMessages,
  },
  mappingStart: {
    what: "SQS mapping: initial concurrent invocations",
    value: 5,
    unit: "invocations",
    raised: "provisioned mode",
    page: sqsScaling,
  },
  mappingRamp: {
    what: "SQS mapping: concurrent invocations added under load",
    value: 300,
    unit: "a minute",
    raised: "provisioned mode",
    page: sqsScaling,
  },
  mappingConcurrency: {
    what: "SQS mapping: concurrent invocations",
    value: 1_250,
    unit: "invocations",
    raised: "provisioned mode",
    page: sqsScaling,
  },
  provisionedRamp: {
    what: "SQS mapping, provisioned mode: concurrent invocations added under load",
    value: 1_000,
    unit: "a minute",
    raised: "no",
    page: "https://aws.amazon.com/blogs/aws/aws-lambda-enhances-sqs-processing-with-new-provisioned-mode-3x-faster-scaling-16x-higher-capacity",
  },
  provisionedConcurrency: {
    what: "SQS mapping, provisioned mode: concurrent invocations",
    value: 20_000,
    unit: "invocations",
    raised: "no",
    page: sqsScaling,
  },
  provisionedPerPoller: {
    what: "SQS mapping, provisioned mode: concurrent invocations of a poller (at least two pollers)",
    value: 10,
    unit: "invocations",
    raised: "no",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html",
  },
  accountConcurrency: {
    what: "Lambda: concurrent invocations of an account in a region",
    value: 1_000,
    unit: "invocations",
    raised: "on request",
    page: lambdaLimits,
  },
  requestsPerEnvironment: {
    what: "Lambda: invocations per execution environment",
    value: 10,
    unit: "invocations/s",
    raised: "no",
    page: lambdaLimits,
  },
  concurrencyRamp: {
    what: "Lambda: execution environments a function can add in ten seconds",
    value: 1_000,
    unit: "environments",
    raised: "no",
    page: "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
  },
  newTableWrites: {
    what: "DynamoDB: writes of a new on-demand table (later twice its last peak)",
    value: 4_000,
    unit: "write units/s",
    raised: "warm throughput",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html",
  },
  tableWrites: {
    what: "DynamoDB: writes of an on-demand table",
    value: 40_000,
    unit: "write units/s",
    raised: "on request",
    page: dynamodbQuotas,
  },
  partitionWrites: {
    what: "DynamoDB: writes of a partition, so of an item",
    value: 1_000,
    unit: "write units/s",
    raised: "no",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
  },
  streamReaders: {
    what: "DynamoDB streams: readers of a shard (the publisher is one)",
    value: 2,
    unit: "readers",
    raised: "no",
    page: dynamodbQuotas,
  },
  streamRetention: {
    what: "DynamoDB streams: retention",
    value: 24,
    unit: "hours",
    raised: "no; the sweeper needs no stream",
    page: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html",
  },
  transactionActions: {
    what: "DynamoDB: actions of one transaction",
    value: 100,
    unit: "actions",
    raised: "no",
    page: dynamodbQuotas,
  },
} satisfies Record<string, Limit>;
