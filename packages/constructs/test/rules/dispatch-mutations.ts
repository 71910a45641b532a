// Scheduled messages that everybody may cancel, or that nobody sends.
import { absent, type Subject } from "./subject.ts";

const named =
  (type: string, start: string) =>
  ({ Type }: { Type: string }, logicalId: string) =>
    Type === type && logicalId.startsWith(start);

export const dispatchMutations: readonly Subject[] = [
  {
    name: "table of schedules",
    is: named("AWS::DynamoDB::GlobalTable", "SchedulesTable"),
    mutations: [
      ["TimeToLiveSpecification", { AttributeName: "due", Enabled: true }, "schedules-without-ttl"],
      ["GlobalSecondaryIndexes.0.IndexName", "soon", "schedules-index"],
      ["GlobalSecondaryIndexes.0.KeySchema.0.AttributeName", "id", "schedules-index"],
    ],
  },
  {
    name: "function that schedules",
    is: named("AWS::Lambda::Function", "TimedFunction"),
    mutations: [
      ["Environment.Variables.WAKE_UP_QUEUE_URL", absent, "schedules-woken"],
      ["Environment.Variables.WAKE_UP_QUEUE_URL", "elsewhere", "schedules-woken"],
    ],
  },
  {
    name: "dispatcher",
    is: named("AWS::Lambda::Function", "DispatchFunction"),
    mutations: [
      ["Environment.Variables.SCHEDULES_TABLE", absent, "schedules-dispatched"],
      ["Environment.Variables.WAKE_UP_QUEUE_URL", absent, "schedules-woken"],
    ],
  },
  {
    name: "schedule of the dispatcher",
    is: named("AWS::Events::Rule", "Dispatch"),
    mutations: [
      ["State", "DISABLED", "schedules-dispatched"],
      ["ScheduleExpression", "rate(5 minutes)", "schedules-dispatched"],
    ],
  },
  {
    name: "policy of a function that schedules",
    is: named("AWS::IAM::Policy", "TimedFunctionRole"),
    mutations: [
      [
        "PolicyDocument.Statement.0",
        {
          Effect: "Allow",
          Action: "dynamodb:DeleteItem",
          Resource: "{{resolve:ssm:/essentially-once/prod/foundation/schedules-table}}",
        },
        "schedules-own-items",
      ],
    ],
  },
  {
    name: "alarm on overdue messages",
    is: ({ Type }, logicalId) => Type === "AWS::CloudWatch::Alarm" && logicalId.includes("scheduleage"),
    mutations: [
      ["Threshold", 86_400, "dispatcher-alarms"],
      ["Statistic", "Minimum", "dispatcher-alarms"],
      ["ActionsEnabled", false, "dispatcher-alarms"],
    ],
  },
  {
    name: "alarm on a silent dispatcher",
    is: ({ Type }, logicalId) => Type === "AWS::CloudWatch::Alarm" && logicalId.includes("dispatchersilent"),
    mutations: [
      ["TreatMissingData", absent, "dispatcher-alarms"],
      ["ComparisonOperator", "GreaterThanThreshold", "dispatcher-alarms"],
    ],
  },
];
