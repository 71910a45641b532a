// A small app that keeps every rule, written as raw CloudFormation in two stacks, so that a test breaks one thing.

import { outboxIdAttribute } from "@essentially-once/messaging/internal/commit/inline-write";
import { App, CfnOutput, CfnResource, Stack, Stage, Validations } from "aws-cdk-lib";
import type { Rule } from "../../src/rules/rule.ts";
import { flowRules, WiringRules } from "../../src/rules/wiring-rules.ts";

export type Raw = Record<string, { type: string; properties: Record<string, unknown> }>;

const fourteenDays = 1_209_600;
const att = (id: string, attribute = "Arn") => ({ "Fn::GetAtt": [id, attribute] });
const imported = (name: string) => ({ "Fn::ImportValue": name });

export interface SoundWiring {
  /** Tables, which the other stack imports. */
  readonly storage: Raw;
  readonly service: Raw;
}

/** FIFO queues when asked for. */
export function soundWiring({ fifo = false } = {}): SoundWiring {
  const kind = fifo
    ? { FifoQueue: true, DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" }
    : {};
  const suffix = fifo ? ".fifo" : "";
  return {
    storage: {
      Outbox: {
        type: "AWS::DynamoDB::GlobalTable",
        properties: { StreamSpecification: { StreamViewType: "NEW_IMAGE" } },
      },
      Inline: {
        type: "AWS::DynamoDB::Table",
        properties: { StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" } },
      },
      Evidence: {
        type: "AWS::DynamoDB::GlobalTable",
        properties: { TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true } },
      },
    },
    service: {
      Queue: queue({
        ...kind,
        QueueName: `orders${suffix}`,
        VisibilityTimeout: 30,
        RedrivePolicy: { deadLetterTargetArn: att("DeadLetters"), maxReceiveCount: 1000 },
      }),
      DeadLetters: queue({
        ...kind,
        MessageRetentionPeriod: fourteenDays,
        RedriveAllowPolicy: {
          redrivePermission: "byQueue",
          sourceQueueArns: [
            { "Fn::Sub": `arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:orders${suffix}` },
          ],
        },
      }),
      Failures: queue({ MessageRetentionPeriod: fourteenDays }),
      QueuePolicy: tlsOnly("Queue", "DeadLetters", "Failures"),
      Consumer: lambda("ConsumerRole", {
        POWERTOOLS_SERVICE_NAME: "settle",
        CONTRACT: '{"name":"settle","accepts":["sold"],"publishes":[]}',
        EVIDENCE_TABLE: imported("Evidence"),
        ORDERED_OUTBOX_TABLE: imported("Outbox"),
        QUEUE_URL: { Ref: "Queue" },
        DEAD_LETTER_QUEUE_URL: { Ref: "DeadLetters" },
        MAX_RECEIVE_COUNT: "5",
      }),
      ConsumerRole: { type: "AWS::IAM::Role", properties: { AssumeRolePolicyDocument: {} } },
      ConsumerPolicy: policy("ConsumerRole", "dynamodb:PutItem", imported("OutboxArn"), {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["settle#*"] },
      }),
      Mapping: {
        type: "AWS::Lambda::EventSourceMapping",
        properties: {
          EventSourceArn: att("Queue"),
          FunctionName: { Ref: "Consumer" },
          FunctionResponseTypes: ["ReportBatchItemFailures"],
          ScalingConfig: { MaximumConcurrency: 2 },
        },
      },
      Publisher: lambda("ConsumerRole", { ORDERED_OUTBOX_TABLE: imported("Outbox") }),
      OutboxMapping: streamMapping("OutboxStream", { eventName: ["INSERT"] }),
      InlineMapping: streamMapping("InlineStream", {
        dynamodb: { NewImage: { [outboxIdAttribute]: { S: [{ exists: true }] } } },
      }),
      Sweeper: lambda("SweeperRole", { ORDERED_OUTBOX_TABLE: imported("Outbox") }),
      SweeperRole: { type: "AWS::IAM::Role", properties: { AssumeRolePolicyDocument: {} } },
      SweeperPolicy: policy("SweeperRole", "dynamodb:Scan", imported("OutboxArn")),
      SweepsOnce: {
        type: "AWS::Lambda::EventInvokeConfig",
        properties: {
          FunctionName: { Ref: "Sweeper" },
          Qualifier: "$LATEST",
          MaximumRetryAttempts: 0,
          MaximumEventAgeInSeconds: 60,
        },
      },
      Schedule: {
        type: "AWS::Events::Rule",
        properties: {
          ScheduleExpression: "rate(1 minute)",
          Targets: [{ Arn: att("Sweeper"), Id: "Sweeper" }],
        },
      },
      DeadLetterAlarm: alarm(
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        att("DeadLetters", "QueueName"),
      ),
      AgeAlarm: alarm("ApproximateAgeOfOldestMessage", "QueueName", att("Queue", "QueueName")),
      StreamAlarm: alarm("IteratorAge", "FunctionName", { Ref: "Publisher" }),
      FailureAlarm: alarm("ApproximateNumberOfMessagesVisible", "QueueName", att("Failures", "QueueName")),
    },
  };
}

/** Ids of the findings that fail the synthesis; empty when it does not fail. */
export function findingsOf(wiring: SoundWiring, rules: readonly Rule[] = flowRules): string[] {
  return [...reportOf(wiring, { rules }).matchAll(/Acknowledge with 'Wiring::([a-z-]+)'/g)].map(
    ([, id = ""]) => id,
  );
}

interface ReportOptions {
  readonly rules?: readonly Rule[];
  readonly prepare?: (app: App) => void;
  /** The stacks stand in a stage of this name. */
  readonly stage?: string;
}

/** What the person at the terminal reads; empty when the synthesis succeeds. */
export function reportOf(
  { storage, service }: SoundWiring,
  { rules = flowRules, prepare, stage }: ReportOptions = {},
): string {
  const app = new App({ context: { "@aws-cdk/core:validateAgainstDefaultRules": false } });
  Validations.of(app).addPlugins(new WiringRules(rules));
  const scope = stage === undefined ? app : new Stage(app, stage);
  const tables = stackOf(scope, "Storage", storage);
  for (const id of Object.keys(storage)) {
    for (const [name, value] of Object.entries({
      [id]: { Ref: id },
      [`${id}Arn`]: att(id),
      [`${id}Stream`]: att(id, "StreamArn"),
    })) {
      new CfnOutput(tables, `Export${name}`, { value: tables.resolve(value), exportName: name });
    }
  }
  stackOf(scope, "Service", service);
  prepare?.(app);
  try {
    app.synth();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function stackOf(scope: App | Stage, id: string, resources: Raw): Stack {
  const stack = new Stack(scope, id);
  for (const [logicalId, { type, properties }] of Object.entries(resources)) {
    new CfnResource(stack, logicalId, { type, properties });
  }
  return stack;
}

function queue(properties: Record<string, unknown>) {
  return { type: "AWS::SQS::Queue", properties: { SqsManagedSseEnabled: true, ...properties } };
}

function lambda(role: string, variables: Record<string, unknown>) {
  return {
    type: "AWS::Lambda::Function",
    properties: { Timeout: 5, Role: att(role), Environment: { Variables: variables } },
  };
}

function policy(role: string, action: string, resource: unknown, Condition?: unknown) {
  const statement = {
    Effect: "Allow",
    Action: action,
    Resource: resource,
    ...(Condition !== undefined && { Condition }),
  };
  const PolicyDocument = { Statement: [statement] };
  return {
    type: "AWS::IAM::Policy",
    properties: { Roles: [{ Ref: role }], PolicyName: role, PolicyDocument },
  };
}

function tlsOnly(...queues: readonly string[]) {
  const Condition = { Bool: { "aws:SecureTransport": "false" } };
  const Statement = [{ Effect: "Deny", Principal: { AWS: "*" }, Action: "sqs:*", Resource: "*", Condition }];
  return {
    type: "AWS::SQS::QueuePolicy",
    properties: { Queues: queues.map((each) => ({ Ref: each })), PolicyDocument: { Statement } },
  };
}

function streamMapping(stream: string, pattern: object) {
  return {
    type: "AWS::Lambda::EventSourceMapping",
    properties: {
      EventSourceArn: imported(stream),
      FunctionName: att("Publisher"),
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      StartingPosition: "TRIM_HORIZON",
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 43_200,
      BisectBatchOnFunctionError: true,
      DestinationConfig: { OnFailure: { Destination: att("Failures") } },
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(pattern) }] },
    },
  };
}

function alarm(metric: string, dimension: string, value: unknown) {
  return {
    type: "AWS::CloudWatch::Alarm",
    properties: {
      MetricName: metric,
      Dimensions: [{ Name: dimension, Value: value }],
      Statistic: "Maximum",
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
      Period: 300,
      EvaluationPeriods: 1,
    },
  };
}
