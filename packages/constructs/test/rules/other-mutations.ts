// Tables, policies, schedules and alarms made wrong.
import { absent, type Subject } from "./subject.ts";

const dayMs = 86_400_000;

function writesRegistry(below: string) {
  return {
    Effect: "Allow",
    Action: "ssm:PutParameter",
    Resource: `arn:aws:ssm:eu-west-1:123456789012:parameter/essentially-once/prod/${below}`,
  };
}

export const otherMutations: readonly Subject[] = [
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
    name: "function",
    is: ({ Type }) => Type === "AWS::Lambda::Function",
    mutations: [["Environment.Variables.NOTES", "x".repeat(4_096), "environment-size"]],
  },
  {
    name: "function with a contract",
    is: ({ Type }, logicalId) => Type === "AWS::Lambda::Function" && logicalId.startsWith("StandardFunction"),
    mutations: [
      ["Environment.Variables.CONTRACT", absent, "contract-told"],
      ["Environment.Variables.CONTRACT", "standard", "contract-told"],
      [
        "Environment.Variables.CONTRACT",
        '{"name":"ask","accepts":["kit.asked.v1"],"publishes":[]}',
        "contract-name-once",
      ],
      [
        "Environment.Variables.CONTRACT",
        '{"name":"standard","accepts":["kit.asked.v1"],"publishes":["kit.unheard.v1"]}',
        "contract-routed",
      ],
      ["Environment.Variables.POWERTOOLS_SERVICE_NAME", "note-taker", "contract-name-is-service"],
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
    name: "retries of a schedule",
    is: ({ Type }, logicalId) => Type === "AWS::Lambda::EventInvokeConfig" && logicalId.startsWith("Sweep"),
    mutations: [
      ["MaximumRetryAttempts", absent, "schedule-runs-once"],
      ["MaximumRetryAttempts", 2, "schedule-runs-once"],
      ["MaximumEventAgeInSeconds", absent, "schedule-runs-once"],
      ["MaximumEventAgeInSeconds", 21_600, "schedule-runs-once"],
    ],
  },
  {
    name: "policy of a role",
    is: ({ Type }) => Type === "AWS::IAM::Policy",
    mutations: [
      ["PolicyDocument.Statement.0.Action", "dynamodb:*", "no-action-wildcard"],
      ["PolicyDocument.Statement.0.Resource", "*", "no-resource-wildcard"],
      ["PolicyDocument.Statement.0.NotAction", ["iam:*"], "no-action-wildcard"],
      ["PolicyDocument.Statement.0", writesRegistry("contracts/standard"), "registry-closed"],
      ["PolicyDocument.Statement.0", writesRegistry("*"), "registry-closed"],
    ],
  },
  {
    name: "policy of a service's function",
    is: ({ Type }, logicalId) => Type === "AWS::IAM::Policy" && logicalId.startsWith("StandardFunctionRole"),
    mutations: [
      [
        "PolicyDocument.Statement.0",
        { ...writesRegistry("contracts"), Action: "ssm:GetParametersByPath" },
        "registry-closed",
      ],
      [
        "PolicyDocument.Statement.0",
        {
          Effect: "Allow",
          Action: "sqs:SendMessage",
          Resource: "arn:aws:sqs:eu-west-1:123456789012:EssentiallyOnce-prod-*",
        },
        "no-resource-wildcard",
      ],
    ],
  },
  {
    name: "entry of the registry",
    is: ({ Type }, logicalId) =>
      Type === "AWS::SSM::Parameter" && /^(Standard|Ordered|Second)Registration/.test(logicalId),
    mutations: [
      ["Value", '{"accepts":[],"publishes":[]}', "routes-complete"],
      ["Value", "not JSON", "routes-complete"],
      [
        "Value",
        '{"accepts":[["kit.asked.v1"]],"queue":"https://gone","publishes":[]}',
        "routes-lead-to-consumers",
      ],
      ["Value", '{"accepts":[],"publishes":["tests.anything.v1"]}', "authors-complete"],
      ["Value", '{"accepts":[],"publishes":[],"table":"elsewhere"}', "authors-complete"],
      ["Value", JSON.stringify({ accepts: [], publishes: ["x".repeat(4_096)] }), "registration-size"],
      ["Name", "/elsewhere/standard", "registry-path"],
      ["Name", absent, "routes-complete"],
      ["@DeletionPolicy", "Retain", "registration-leaves"],
      ["@UpdateReplacePolicy", "Retain", "registration-leaves"],
      ["Type", "SecureString", "parameter-type"],
      ["Policies", '[{"Type":"Expiration"}]', "parameter-policies"],
      ["DataType", "aws:ec2:image", "parameter-data-type"],
      ["Everywhere", true, "parameter-unlisted-everywhere"],
    ],
    harmless: { Description: "for people" },
  },
  {
    name: "entry of one that only publishes",
    is: ({ Type }, logicalId) => Type === "AWS::SSM::Parameter" && logicalId.startsWith("AskRegistration"),
    mutations: [
      ["Value", '{"accepts":[],"publishes":[]}', "authors-complete"],
      ["Value", "not JSON", "authors-complete"],
    ],
  },
  {
    name: "what opens the registry",
    is: ({ Type }, logicalId) => Type === "AWS::SSM::Parameter" && logicalId.startsWith("Opened"),
    mutations: [["Name", "/elsewhere/Relay", "registry-path"]],
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
        AlarmActions: "alarm-mutations.ts",
        Namespace: "alarm-mutations.ts",
        OKActions: "that it is over is good to know, and no more",
        TreatMissingData: "nothing is missing while something waits",
      },
    },
  ];
}
