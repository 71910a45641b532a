// Roles, permissions, policies and schedules.
import { absent, type Subject } from "../subject.ts";

const trust = (Principal: unknown) => ({
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal }],
});
const isSweepRule = ({ Type }: { Type: string }, logicalId: string) =>
  Type === "AWS::Events::Rule" && logicalId.startsWith("Sweep");

/** Whoever may send besides those whose queue it is. */
const otherSenders: Subject["mutations"] = [
  ["PolicyDocument.Statement.1", absent, "queue-senders"],
  ["PolicyDocument.Statement.1.Principal", { AWS: "arn:aws:iam::123456789012:root" }, "queue-senders"],
  [
    "PolicyDocument.Statement.1.Condition.ArnLike",
    { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/essentially-once/dev/*" },
    "queue-senders",
  ],
  [
    "PolicyDocument.Statement.1.Condition.ArnNotLike",
    { "aws:PrincipalArn": "arn:aws:iam::123456789012:role/*" },
    "queue-senders",
  ],
  [
    "PolicyDocument.Statement.1.Condition.StringEquals",
    { "aws:RequestedRegion": "eu-west-1" },
    "queue-senders",
  ],
];

export const accessMutations: readonly Subject[] = [
  {
    name: "role, and who may assume it",
    alike: true,
    is: ({ Type }) => Type === "AWS::IAM::Role",
    mutations: [
      ["AssumeRolePolicyDocument", trust("*"), "role-assume-role-policy-document"],
      ["AssumeRolePolicyDocument", trust({ AWS: "*" }), "role-assume-role-policy-document"],
      [
        "AssumeRolePolicyDocument",
        trust({ AWS: "arn:aws:iam::210987654321:root" }),
        "role-assume-role-policy-document",
      ],
      ["PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess", "role-permissions-boundary"],
      ["NewPropertyOfIam", "on", "role-unlisted-new-property-of-iam"],
    ],
  },
  {
    name: "policy of a consumer",
    alike: true,
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::IAM::Policy" && JSON.stringify(Properties).includes("sqs:ReceiveMessage"),
    mutations: [
      ["PolicyDocument.Statement", [], "granted"],
      ["PolicyDocument.Statement.0.Action", "dynamodb:Get?tem", "no-action-wildcard"],
      [
        "PolicyDocument.Statement.0.Resource",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/?",
        "no-resource-wildcard",
      ],
      ["PolicyDocument.Statement.0.Effect", "Deny", "no-deny"],
      [
        "PolicyDocument.Statement.0.Condition",
        { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
        "grant-without-condition",
      ],
    ],
  },
  {
    name: "permission to start a function",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::Lambda::Permission" && Properties.Principal === "events.amazonaws.com",
    mutations: [
      ["Principal", "*", "permission-principal"],
      ["Principal", "210987654321", "permission-principal"],
      ["SourceArn", absent, "permission-principal"],
      ["Action", "lambda:*", "permission-action"],
      ["EventSourceToken", "anything", "permission-unlisted-event-source-token"],
      ["FunctionUrlAuthType", "NONE", "permission-function-url-auth-type"],
      ["FunctionName", "another", "schedule-may-start"],
      ["SourceArn", "arn:aws:events:eu-west-1:123456789012:rule/other", "schedule-may-start"],
    ],
  },
  {
    name: "policy of a queue",
    alike: true,
    is: ({ Type }) => Type === "AWS::SQS::QueuePolicy",
    mutations: [
      [
        "PolicyDocument.Statement.1",
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::210987654321:root" },
          Action: "sqs:*",
          Resource: "*",
        },
        "no-other-account",
      ],
      [
        "PolicyDocument.Statement.1",
        { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:*", Resource: "*" },
        "resource-policy-actions",
      ],
      [
        "PolicyDocument.Statement.1",
        { Effect: "Deny", Principal: "*", Action: "sqs:DeleteMessage", Resource: "*" },
        "resource-policy-denies",
      ],
      ["PolicyDocument.Statement.1.Action", "sqs:*", "resource-policy-denies"],
    ],
  },
  {
    name: "policy of a queue of messages",
    alike: true,
    is: ({ Type }, logicalId) => Type === "AWS::SQS::QueuePolicy" && !logicalId.startsWith("Schedules"),
    mutations: otherSenders,
  },
  {
    name: "policy of the wake-ups, and of those that failed",
    is: ({ Type }, logicalId) => Type === "AWS::SQS::QueuePolicy" && logicalId.startsWith("Schedules"),
    mutations: otherSenders,
  },
  {
    name: "role of the relay",
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::IAM::Role" && String(Properties.Path).endsWith("/relay/"),
    mutations: [["Path", "/essentially-once/prod/service/", "queue-senders"]],
  },
  {
    name: "role of a service",
    alike: true,
    is: ({ Type, Properties = {} }) =>
      Type === "AWS::IAM::Role" && String(Properties.Path).endsWith("/service/"),
    mutations: [
      ["Path", absent, "queue-senders"],
      ["Path", "/essentially-once/prod/relay/", "queue-senders"],
    ],
  },
  {
    name: "how often the sweeper runs",
    is: isSweepRule,
    mutations: [
      ["ScheduleExpression", "rate(30 days)", "outbox-is-swept"],
      ["ScheduleExpression", "cron(0 0 1 * ? *)", "outbox-is-swept"],
      ["ScheduleExpression", "cron(* * * * ? 2020)", "outbox-is-swept"],
      ["ScheduleExpression", "cron(0 9 ? * MON-FRI *)", "outbox-is-swept"],
      ["State", "DISABLED", "event-rule-state"],
      ["State", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS_", "event-rule-state"],
      ["RoleArn", "arn:x", "event-rule-unlisted-role-arn"],
    ],
  },
  {
    name: "schedule of a projection",
    is: ({ Type }, logicalId) => Type === "AWS::Events::Rule" && logicalId.startsWith("Pulled"),
    mutations: [
      ["State", "DISABLED", "projection-is-pulled"],
      ["ScheduleExpression", "cron(0 0 1 1 ? 2020)", "projection-is-pulled"],
      ["Targets", [], "projection-is-pulled"],
    ],
  },
];
