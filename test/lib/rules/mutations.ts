// Every wiring property of the real app, each with the wrong values it could have and the rule that must notice.
// What no rule looks at is named with the reason, so that a new property cannot slip in unseen.
import type { TemplateResource } from "../../support/real-app.ts";

export interface Subject {
  readonly name: string;
  readonly is: (resource: TemplateResource, logicalId: string) => boolean;
  /** Property → wrong value → rule. `absent` removes the property. */
  readonly mutations: readonly (readonly [property: string, wrong: unknown, rule: string])[];
  /** Properties that no rule looks at, and why; undefined: the rules look at the listed ones only. */
  readonly harmless?: Readonly<Record<string, string>>;
}

export const absent = Symbol("absent");

const elsewhere = "arn:aws:sqs:eu-west-1:123456789012:elsewhere";
const dayMs = 86_400_000;

export const subjects: readonly Subject[] = [
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
      Type === "AWS::Lambda::EventSourceMapping" && JSON.stringify(Properties).includes("SettleOrder"),
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
      ["RedrivePolicy.maxReceiveCount", 999, "receives-left"],
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
  {
    name: "policy of a queue or bucket",
    is: ({ Type }) => ["AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"].includes(Type),
    mutations: [
      ["PolicyDocument.Statement", [], "tls-only"],
      ["PolicyDocument.Statement.0.Effect", "Allow", "tls-only"],
      ["PolicyDocument.Statement.0.Condition", { Bool: { "aws:SecureTransport": "true" } }, "tls-only"],
      [
        "PolicyDocument.Statement",
        [{ Effect: "Allow", Principal: "*", Action: "sqs:*", Resource: "*" }],
        "no-anonymous-access",
      ],
    ],
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
    name: "outbox table",
    is: ({ Type }, logicalId) => Type === "AWS::DynamoDB::GlobalTable" && logicalId.startsWith("Outbox"),
    mutations: [
      ["TimeToLiveSpecification", { AttributeName: "expiresAt", Enabled: true }, "outbox-without-ttl"],
      ["StreamSpecification.StreamViewType", "KEYS_ONLY", "outbox-stream"],
      ["StreamSpecification", absent, "outbox-stream"],
    ],
  },
  {
    name: "inline table",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::DynamoDB::GlobalTable" && JSON.stringify(Properties).includes("NEW_AND_OLD_IMAGES"),
    mutations: [
      ["TimeToLiveSpecification", { AttributeName: "expiresAt", Enabled: true }, "outbox-without-ttl"],
      ["StreamSpecification.StreamViewType", "NEW_IMAGE", "inline-stream"],
    ],
  },
  {
    name: "evidence table",
    is: ({ Type }, logicalId) => Type === "AWS::DynamoDB::GlobalTable" && logicalId.startsWith("Evidence"),
    mutations: [
      ["TimeToLiveSpecification", absent, "evidence-expires"],
      ["TimeToLiveSpecification.AttributeName", "processedAt", "evidence-expires"],
      ["TimeToLiveSpecification.Enabled", false, "evidence-expires"],
    ],
  },
  {
    name: "schedule of the sweeper",
    is: ({ Type }, logicalId) => Type === "AWS::Events::Rule" && logicalId.startsWith("Sweep"),
    mutations: [
      ["State", "DISABLED", "outbox-is-swept"],
      ["Targets", [], "outbox-is-swept"],
      ["ScheduleExpression", absent, "outbox-is-swept"],
    ],
    harmless: {},
  },
  {
    name: "policy of a role",
    is: ({ Type }) => Type === "AWS::IAM::Policy",
    mutations: [
      ["PolicyDocument.Statement.0.Action", "dynamodb:*", "no-action-wildcard"],
      ["PolicyDocument.Statement.0.Resource", "*", "no-resource-wildcard"],
      ["PolicyDocument.Statement.0.NotAction", ["iam:*"], "no-action-wildcard"],
    ],
  },
  {
    name: "role",
    is: ({ Type }) => Type === "AWS::IAM::Role",
    mutations: [
      ["ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], "no-managed-policy"],
      [
        "Policies",
        [
          {
            PolicyName: "All",
            PolicyDocument: { Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] },
          },
        ],
        "no-action-wildcard",
      ],
    ],
  },
  {
    name: "function URL",
    is: ({ Type }) => Type === "AWS::Lambda::Url",
    mutations: [["AuthType", "NONE", "function-url-signed"]],
  },
  ...alarms("dead-letters", "dead-letter-alarm", 1),
  ...alarms("oldestmessage", "message-age-alarm", 4 * 86_400),
  ...alarms("streambehind", "stream-age-alarm", dayMs),
  ...alarms("streamfailures", "stream-failure-alarm", 1),
];

function alarms(idPart: string, rule: string, tooHigh: number): Subject[] {
  return [
    {
      name: `alarm ${rule}`,
      is: ({ Type }, logicalId) =>
        Type === "AWS::CloudWatch::Alarm" && logicalId.includes(idPart.replaceAll("-", "")),
      mutations: [
        ["MetricName", "NumberOfMessagesSent", rule],
        ["Dimensions", [], rule],
        ["Statistic", "Minimum", rule],
        ["Threshold", tooHigh, rule],
        ["ComparisonOperator", "LessThanThreshold", rule],
        ["ActionsEnabled", false, rule],
        ["Period", 86_400, rule],
        ["EvaluationPeriods", 13, rule],
      ],
      harmless: {
        AlarmDescription: "the runbook's test looks at it",
        Namespace: "metrics of these names exist in one namespace",
        TreatMissingData: "nothing is missing while something waits",
      },
    },
  ];
}
