// Mappings and the functions they invoke, made wrong.
import { absent, elsewhere, type Subject } from "./subject.ts";

export const mappingMutations: readonly Subject[] = [
  {
    name: "mapping of a queue",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::EventSourceMapping" && "ScalingConfig" in Properties,
    mutations: [
      ["EventSourceArn", elsewhere, "mapping-known"],
      ["FunctionName", "elsewhere", "mapping-known"],
      ["Enabled", false, "mapping-enabled"],
      ["FunctionResponseTypes", absent, "partial-batch-responses"],
      ["FunctionResponseTypes", [], "partial-batch-responses"],
      ["FilterCriteria", { Filters: [{ Pattern: "{}" }] }, "no-queue-filter"],
      ["ScalingConfig.MaximumConcurrency", absent, "max-concurrency"],
      ["ScalingConfig.MaximumConcurrency", 1, "max-concurrency"],
      ["ScalingConfig.MaximumConcurrency", 1001, "max-concurrency"],
      ["MaximumBatchingWindowInSeconds", 1, "visibility-timeout"],
    ],
    harmless: { BatchSize: "CloudFormation refuses what SQS does not have" },
  },
  {
    name: "mapping of a FIFO queue",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::EventSourceMapping" && JSON.stringify(Properties).includes("OrderedQueue"),
    mutations: [
      ["BatchSize", 11, "fifo-batch"],
      ["MaximumBatchingWindowInSeconds", 1, "fifo-batch"],
    ],
  },
  {
    name: "mapping of a stream",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::EventSourceMapping" && "StartingPosition" in Properties,
    mutations: [
      ["EventSourceArn", "arn:aws:dynamodb:eu-west-1:123456789012:table/elsewhere/stream/1", "mapping-known"],
      ["FunctionName", "elsewhere", "mapping-known"],
      ["Enabled", false, "mapping-enabled"],
      ["FunctionResponseTypes", absent, "partial-batch-responses"],
      ["StartingPosition", "LATEST", "stream-position"],
      ["MaximumRetryAttempts", absent, "stream-retries"],
      ["MaximumRetryAttempts", -1, "stream-retries"],
      ["MaximumRetryAttempts", 0, "stream-retries"],
      ["MaximumRecordAgeInSeconds", absent, "stream-record-age"],
      ["MaximumRecordAgeInSeconds", -1, "stream-record-age"],
      ["MaximumRecordAgeInSeconds", 86_400, "stream-record-age"],
      ["BisectBatchOnFunctionError", absent, "stream-bisect"],
      ["BisectBatchOnFunctionError", false, "stream-bisect"],
      ["DestinationConfig.OnFailure.Destination", absent, "stream-failure-destination"],
      ["FilterCriteria.Filters", absent, "outbox-filter"],
      ["FilterCriteria.Filters", [{ Pattern: '{"eventName":["MODIFY"]}' }], "outbox-filter"],
    ],
    harmless: { BatchSize: "CloudFormation refuses what Lambda does not have" },
  },
  {
    name: "function of a consumer",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::Function" && JSON.stringify(Properties).includes("DEAD_LETTER_QUEUE_URL"),
    mutations: [
      ["Timeout", 901, "visibility-timeout"],
      ["ReservedConcurrentExecutions", 1, "reserved-concurrency"],
      [
        "Environment.Variables.QUEUE_URL",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/other",
        "consumer-environment",
      ],
      [
        "Environment.Variables.DEAD_LETTER_QUEUE_URL",
        "https://sqs.eu-west-1.amazonaws.com/123456789012/other",
        "consumer-environment",
      ],
      ["Environment.Variables.MAX_RECEIVE_COUNT", "1001", "receives-left"],
    ],
  },
  {
    name: "function of a consumer with a limit",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::Function" && JSON.stringify(Properties).includes('"LIMITS"'),
    mutations: [
      ["Environment.Variables.LIMITS", "another", "limits-granted"],
      ["Environment.Variables.LIMITS", "api,another", "limits-granted"],
      ["Environment.Variables.LIMITS", absent, "limits-own"],
      ["Environment.Variables.LIMITS", "another", "limits-own"],
    ],
  },
];
