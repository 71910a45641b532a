// What the local cloud does not understand is refused by name, never run in part.

import { localEngines } from "@essentially-once/testing/local-engines";
import { aFunction, oneStack } from "@essentially-once/testing/synthesized";
import { CfnResource, type Stack } from "aws-cdk-lib";
import { CompositeAlarm, Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { CfnTable } from "aws-cdk-lib/aws-dynamodb";
import { EventBus, Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction, SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnEventSourceMapping, CfnFunction, Code, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Bucket, CfnBucket, EventType } from "aws-cdk-lib/aws-s3";
import { SqsDestination } from "aws-cdk-lib/aws-s3-notifications";
import { Subscription, SubscriptionProtocol, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription, LambdaSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { CfnQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { expect, test } from "vitest";
import type { Deployment } from "../src/model/model.ts";
import { provision } from "../src/provision/provision.ts";

const engines = localEngines();

function provisioning(assemblyDirectory: string): Promise<Deployment> {
  return provision({
    assemblyDirectory,
    clients: engines.clients,
    endpoints: engines.endpoints,
    functionUrlFor: (path) => `http://127.0.0.1:1/${path}/`,
  });
}

function refusal(define: (stack: Stack) => void): Promise<string> {
  return provisioning(oneStack(define)).then(
    () => "not refused",
    (error: Error) => error.message,
  );
}

test("a resource type is refused with its construct path and what is understood", async () => {
  const message = await refusal((stack) => {
    new CfnResource(stack, "Archive", { type: "AWS::Kinesis::Stream" });
  });
  expect(message).toContain("Shop/Archive: resource type AWS::Kinesis::Stream not supported");
  expect(message).toContain("AWS::SQS::Queue");
});

test("every unknown property is refused in one go, with those understood", async () => {
  const message = await refusal((stack) => {
    const queue = new CfnQueue(stack, "Orders");
    queue.addPropertyOverride("Colour", "red");
    queue.addPropertyOverride("Shape", "round");
    new CfnResource(stack, "Archive", { type: "AWS::Kinesis::Stream" });
  });
  expect(message).toContain("Shop/Orders (AWS::SQS::Queue): property Colour not supported");
  expect(message).toContain("Shop/Orders (AWS::SQS::Queue): property Shape not supported");
  expect(message).toContain("VisibilityTimeout");
  expect(message).toContain("AWS::Kinesis::Stream");
});

test("an unknown nested property is refused with its path", async () => {
  const message = await refusal((stack) => {
    new CfnTable(stack, "Accounts", {
      attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
      keySchema: [{ attributeName: "id", keyType: "HASH" }],
      streamSpecification: { streamViewType: "NEW_IMAGE" },
    }).addPropertyOverride("StreamSpecification.Speed", "high");
  });
  expect(message).toBe(
    "Shop/Accounts (AWS::DynamoDB::Table): StreamSpecification: property Speed not supported",
  );
});

test("an event source outside the app is refused with its ARN", async () => {
  const message = await refusal((stack) => {
    const queue = Queue.fromQueueArn(stack, "Elsewhere", "arn:aws:sqs:eu-west-1:123456789012:elsewhere");
    aFunction(stack, "Settle").addEventSource(new SqsEventSource(queue));
  });
  expect(message).toContain("arn:aws:sqs:eu-west-1:123456789012:elsewhere");
  expect(message).toContain("must be a queue or a table's stream of this app");
});

test("a filter on a queue is refused, because there it deletes what does not match", async () => {
  const message = await refusal((stack) => {
    new CfnEventSourceMapping(stack, "Mapping", {
      eventSourceArn: new Queue(stack, "Orders").queueArn,
      functionName: aFunction(stack, "Settle").functionName,
      filterCriteria: { filters: [{ pattern: "{}" }] },
    });
  });
  expect(message).toContain("FilterCriteria: not supported for a queue");
});

test("a dead-letter queue outside the app is refused", async () => {
  const message = await refusal((stack) => {
    new CfnQueue(stack, "Orders", {
      redrivePolicy: { deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:gone", maxReceiveCount: 5 },
    });
  });
  expect(message).toContain("Shop/Orders (AWS::SQS::Queue): RedrivePolicy.deadLetterTargetArn");
});

test.each([
  ["inline code", { code: { zipFile: "exports.handler = () => {}" } }, "Code.ZipFile: inline code"],
  ["a container image", { code: { imageUri: "repository:tag" }, packageType: "Image" }, "container image"],
  ["code that is no asset", { code: { s3Bucket: "a", s3Key: "b.zip" } }, "b.zip is not an asset"],
])("a function with %s is refused", async (_what, properties, reason) => {
  const message = await refusal((stack) => {
    new CfnFunction(stack, "Settle", {
      role: "arn:aws:iam::123456789012:role/any",
      runtime: "nodejs24.x",
      handler: "index.handler",
      ...properties,
    });
  });
  expect(message).toContain("Shop/Settle (AWS::Lambda::Function)");
  expect(message).toContain(reason);
});

test("a runtime other than the Node at hand is refused", async () => {
  const message = await refusal((stack) => {
    aFunction(stack, "Settle", {
      runtime: Runtime.PYTHON_3_13,
      code: Code.fromAsset("packages/testing/src/support"),
    });
  });
  expect(message).toContain("Runtime: python3.13 is not available here, only nodejs");
});

test("a schedule that is not an interval is refused", async () => {
  const message = await refusal((stack) => {
    new Rule(stack, "Nightly", {
      schedule: Schedule.cron({ hour: "3", minute: "0" }),
      targets: [new LambdaFunction(aFunction(stack, "Sweep"))],
    });
  });
  expect(message).toContain("Shop/Nightly (AWS::Events::Rule): ScheduleExpression: must be rate(");
  expect(message).toContain("got cron(0 3 * * ? *)");
});

test("a rule that brings events to anything but a queue of this app is refused", async () => {
  const message = await refusal((stack) => {
    const target = new LambdaFunction(aFunction(stack, "Settle"));
    new Rule(stack, "OnOrder", { eventPattern: { source: ["orders"] }, targets: [target] });
  });
  expect(message).toContain("must be a queue of this app for a rule with a pattern, got arn:aws:lambda:");
});

test("a reference to what exists in AWS only is refused; alone it is ignored", async () => {
  const withKey = oneStack((stack) => new Key(stack, "Key"));
  expect((await provisioning(withKey)).ignored).toEqual(["AWS::KMS::Key"]);

  const message = await refusal((stack) => {
    aFunction(stack, "Settle", { environment: { KEY: new Key(stack, "Key").keyArn } });
  });
  expect(message).toBe(
    "Shop/Settle (AWS::Lambda::Function): Shop/Key, AWS::KMS::Key, is not supported locally",
  );
});

test("what watches is not run locally, each type named once", async () => {
  const watched = oneStack((stack) => {
    const alarm = new Queue(stack, "Q").metricNumberOfMessagesSent().createAlarm(stack, "Alarm", {
      threshold: 0,
      evaluationPeriods: 1,
    });
    new CompositeAlarm(stack, "Composite", { alarmRule: alarm });
    new Dashboard(stack, "Dashboard");
    const topic = new Topic(stack, "Topic", { enforceSSL: true });
    topic.addSubscription(new EmailSubscription("you@example.com"));
    alarm.addAlarmAction(new SnsAction(topic));
  });
  expect((await provisioning(watched)).ignored).toEqual([
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::SNS::TopicPolicy",
  ]);
});

const queueArn = "arn:aws:sqs:us-east-1:000000000000:orders";

/** Each moves messages on AWS, and would move none here. */
const movers: Readonly<Record<string, { define: (stack: Stack) => void; says: string }>> = {
  "a rule that sends to a queue": {
    define: (stack) =>
      void new Rule(stack, "Tick", {
        schedule: Schedule.expression("rate(1 minute)"),
        targets: [new SqsQueue(new Queue(stack, "Orders"))],
      }),
    says: "Shop/Tick (AWS::Events::Rule): Targets.Arn: must be a function of this app",
  },
  "a rule on events whose pattern nobody understands": {
    define: (stack) =>
      void new Rule(stack, "OnOrder", {
        eventPattern: { source: [{ wildcard: "shop.*" }] as never },
        targets: [new SqsQueue(new Queue(stack, "Orders"))],
      }),
    says: 'Shop/OnOrder (AWS::Events::Rule): EventPattern: filter pattern.source: operator {"wildcard"',
  },
  "a rule with a dead-letter queue": {
    define: (stack) =>
      void new Rule(stack, "Tick", {
        schedule: Schedule.expression("rate(1 minute)"),
        targets: [
          new LambdaFunction(aFunction(stack, "Sweep"), { deadLetterQueue: new Queue(stack, "Undelivered") }),
        ],
      }),
    says: "DeadLetterConfig",
  },
  "an archive of a bus": {
    define: (stack) =>
      void new EventBus(stack, "Bus").archive("Archive", { eventPattern: { source: ["orders"] } }),
    says: "AWS::Events::Archive not supported",
  },
  "a bucket that tells a queue": {
    define: (stack) =>
      void new Bucket(stack, "Files").addEventNotification(
        EventType.OBJECT_CREATED,
        new SqsDestination(new Queue(stack, "Orders")),
      ),
    says: "resource type Custom::S3BucketNotifications not supported",
  },
  "a bucket that tells a queue by its own property": {
    define: (stack) =>
      void new CfnBucket(stack, "Files", {
        notificationConfiguration: {
          queueConfigurations: [{ event: "s3:ObjectCreated:*", queue: queueArn }],
        },
      }),
    says: "NotificationConfiguration.QueueConfigurations.Queue: must be a standard queue of this app",
  },
  "a topic that calls a function": {
    define: (stack) =>
      void new Topic(stack, "Orders").addSubscription(new LambdaSubscription(aFunction(stack, "Settle"))),
    says: "(AWS::SNS::Subscription): Protocol: lambda is not supported here, only sqs is",
  },
  "a topic that calls a web address": {
    define: (stack) =>
      void new Subscription(stack, "Hook", {
        topic: new Topic(stack, "Orders"),
        protocol: SubscriptionProtocol.HTTPS,
        endpoint: "https://example.com/hook",
      }),
    says: "Shop/Hook (AWS::SNS::Subscription): Protocol: https is not supported here",
  },
  "a topic that tells somebody else's queue": {
    define: (stack) =>
      void new Subscription(stack, "Others", {
        topic: new Topic(stack, "Orders"),
        protocol: SubscriptionProtocol.SQS,
        endpoint: queueArn,
      }),
    says: `Endpoint: must be a queue of this app, got ${queueArn}`,
  },
  ...Object.fromEntries(
    [
      "AWS::Pipes::Pipe",
      "AWS::Logs::SubscriptionFilter",
      "AWS::Logs::Delivery",
      "AWS::CloudWatch::MetricStream",
      "AWS::StepFunctions::StateMachine",
      "AWS::ApiGateway::RestApi",
      "AWS::DynamoDB::KinesisStreamingDestination",
    ].map((type) => [
      `a resource of the type ${type}`,
      {
        define: (stack: Stack) => void new CfnResource(stack, "Mover", { type }),
        says: `resource type ${type} not supported`,
      },
    ]),
  ),
};

test.each(Object.keys(movers))(
  "%s is refused by name: nothing that moves messages is left out in silence",
  async (what) => {
    const { define = () => undefined, says = "" } = movers[what] ?? {};
    expect(await refusal(define)).toContain(says);
  },
);

test("a reference that CloudFormation would fill in from elsewhere is refused", async () => {
  const message = await refusal((stack) => {
    aFunction(stack, "Settle", { environment: { KEY: "{{resolve:secretsmanager:key:SecretString}}" } });
  });
  expect(message).toContain(
    "{{resolve:secretsmanager:key:SecretString}} is not supported, only {{resolve:ssm:NAME}} is",
  );
});

test("a circular reference is refused with its way round", async () => {
  const message = await refusal((stack) => {
    const [left, right] = ["Left", "Right"].map((id) => new CfnQueue(stack, id));
    left?.addPropertyOverride("QueueName", { "Fn::GetAtt": ["Right", "QueueName"] });
    right?.addPropertyOverride("QueueName", { "Fn::GetAtt": ["Left", "QueueName"] });
  });
  expect(message).toContain("circular reference Shop/Left → Shop/Right → Shop/Left");
});

test("a table that exists with another definition is refused", async () => {
  const accounts = (streamViewType?: string) => (stack: Stack) =>
    void new CfnTable(stack, "Accounts", {
      attributeDefinitions: [{ attributeName: "id", attributeType: "S" }],
      keySchema: [{ attributeName: "id", keyType: "HASH" }],
      ...(streamViewType && { streamSpecification: { streamViewType } }),
    });
  await provisioning(oneStack(accounts()));
  expect(await refusal(accounts("NEW_IMAGE"))).toContain("exists with another definition");
});

test("a template that a transform would rewrite is refused", async () => {
  const message = await refusal((stack) => stack.addTransform("AWS::Serverless-2016-10-31"));
  expect(message).toContain("Shop-test: template transform AWS::Serverless-2016-10-31 not supported");
});

test("an import that no stack exports is refused", async () => {
  const message = await refusal((stack) => {
    new CfnQueue(stack, "Orders").addPropertyOverride("QueueName", { "Fn::ImportValue": "nobody:Name" });
  });
  expect(message).toContain("no stack of this app exports nobody:Name");
});
