// What fills a queue past the relay: what is made for each source, and what the stack refuses.

import { eventBridge } from "@essentially-once/messaging/event-bridge";
import { deduplicationId, type From, field } from "@essentially-once/messaging/internal/origin/origin";
import { rawJson } from "@essentially-once/messaging/raw-json";
import { s3Notifications } from "@essentially-once/messaging/s3-notifications";
import { sns } from "@essentially-once/messaging/sns";
import { cloudEvents } from "@essentially-once/messaging/unsigned-cloud-events";
import { aContract, aType } from "@essentially-once/testing/internal/support/a-contract";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { type App, type Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { bucketSource, busSource, ruleSource, topicSource } from "../../src/constructs/queue-sources.ts";
import { WiringRules } from "../../src/rules/wiring-rules.ts";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { OperationsStack } from "../../src/stacks/operations-stack.ts";
import { type ConsumerOptions, ServiceStack } from "../../src/stacks/service-stack.ts";

const topicArn = "arn:aws:sns:eu-west-1:123456789012:sales";
const json = rawJson({ id: field("orderId") });
const types = { "Order Placed": aType("asked") };

describe("a topic", () => {
  test.each([true, false])("delivers as the contract reads, raw: %s", (raw) => {
    const template = consumerOf(sns(json, { raw }), (stack) => ({
      source: topicSource(Topic.fromTopicArn(stack, "Topic", topicArn)),
    }));
    expect(propertiesOf(template, "AWS::SNS::Subscription")).toEqual({
      Endpoint: arnOf("Messages"),
      Protocol: "sqs",
      RawMessageDelivery: raw,
      RedrivePolicy: { deadLetterTargetArn: arnOf("DeadLetters") },
      TopicArn: topicArn,
    });
    for (const queue of ["Messages", "DeadLetters"])
      expect(allowedAt(template, queue)).toEqual([
        ["sns.amazonaws.com", { ArnEquals: { "aws:SourceArn": topicArn } }],
      ]);
  });
});

test("G6, G7: a rule of a bus brings the contract's detail types, and what it cannot deliver is a dead letter", () => {
  const template = consumerOf(eventBridge({ types }), (stack) => ({
    source: busSource(["shop.orders"], { bus: EventBus.fromEventBusName(stack, "Bus", "shop") }),
  }));
  expect(propertiesOf(template, "AWS::Events::Rule")).toMatchObject({
    EventBusName: "shop",
    EventPattern: { source: ["shop.orders"], "detail-type": ["Order Placed"] },
    Targets: [{ Arn: arnOf("Messages"), DeadLetterConfig: { Arn: arnOf("DeadLetters") } }],
  });
  const [[service, condition] = []] = allowedAt(template, "Messages");
  expect([service, JSON.stringify(condition)]).toEqual([
    "events.amazonaws.com",
    expect.stringContaining("Rule"),
  ]);
});

test("G4: a FIFO topic fills a FIFO queue", () => {
  const template = consumerOf(sns(json), (stack) => ({
    source: topicSource(new Topic(stack, "Topic", { fifo: true })),
    fifo: true,
  }));
  expect(propertiesOf(template, "AWS::SQS::Queue", "ImportQueueMessages").FifoQueue).toBe(true);
});

test("G7: the rule of another app is let in, at queue and dead-letter queue, and no other", () => {
  const ruleArn = "arn:aws:events:eu-west-1:123456789012:rule/sales";
  const template = consumerOf(eventBridge({ types }), () => ({ source: ruleSource(ruleArn) }));
  for (const queue of ["Messages", "DeadLetters"])
    expect(allowedAt(template, queue)).toEqual([
      ["events.amazonaws.com", { ArnEquals: { "aws:SourceArn": ruleArn } }],
    ]);
  expect(template.findResources("AWS::Events::Rule")).toEqual({});
});

describe("a bucket", () => {
  test("G7: of this app notifies the queue, once the queue lets it in, and no other bucket", () => {
    const template = consumerOf(s3Notifications(), (stack) => ({
      source: bucketSource(new Bucket(stack, "Uploads", { bucketName: "uploads-1" }), { suffix: ".csv" }),
    }));
    expect(propertiesOf(template, "AWS::S3::Bucket")).toMatchObject({
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Event: "s3:ObjectCreated:*",
            Filter: { S3Key: { Rules: [{ Name: "suffix", Value: ".csv" }] } },
            Queue: arnOf("Messages"),
          },
        ],
      },
    });
    const [bucket] = Object.values(template.findResources("AWS::S3::Bucket"));
    expect(bucket?.DependsOn).toEqual([expect.stringMatching(/Messages.*Policy/)]);
    const [[service, condition] = []] = allowedAt(template, "Messages");
    expect(service).toBe("s3.amazonaws.com");
    expect(condition).toMatchObject({ StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } });
    expect(JSON.stringify(condition)).toContain(":s3:::uploads-1");
    expect(allowedAt(template, "DeadLetters")).toEqual([]);
  });

  test("of another app is let in, and notifies by what its own stack says", () => {
    const template = consumerOf(s3Notifications(), (stack) => ({
      source: bucketSource(Bucket.fromBucketName(stack, "Uploads", "uploads-2")),
    }));
    expect(JSON.stringify(allowedAt(template, "Messages"))).toContain(":s3:::uploads-2");
    expect(template.findResources("AWS::S3::Bucket")).toEqual({});
  });
});

test("an existing queue is consumed as it is, with a dead-letter queue of our own", () => {
  const template = consumerOf(json, (stack) => ({
    queue: Queue.fromQueueArn(stack, "Legacy", "arn:aws:sqs:eu-west-1:123456789012:legacy-orders"),
  }));
  expect(Object.keys(template.findResources("AWS::SQS::Queue"))).toEqual([
    expect.stringContaining("DeadLetters"),
  ]);
  expect(propertiesOf(template, "AWS::Lambda::EventSourceMapping").EventSourceArn).toBe(
    "arn:aws:sqs:eu-west-1:123456789012:legacy-orders",
  );
  expect(JSON.stringify(propertiesOf(template, "AWS::SQS::Queue").RedriveAllowPolicy)).toContain(
    "legacy-orders",
  );
});

test("a consumer of an existing queue breaks no rule of the wiring", () => {
  const app = aTestApp({ "@aws-cdk/core:validateAgainstDefaultRules": false });
  Validations.of(app).addPlugins(new WiringRules());
  const stack = aService(app);
  stack.addConsumer(aContract("import", { from: json }), { ...anyFile, ...existing(stack) });
  new OperationsStack(app, "Operations", {
    config: aConfig(),
    watched: [stack.foundation as FoundationStack, stack],
  });
  expect(() => app.synth()).not.toThrow();
});

test("the operator's commands and the function are told the form, and the function has no keys", () => {
  const template = consumerOf(json, () => ({}));
  const form = { form: "raw-json", type: "asked", id: { field: ["orderId"] } };
  expect(template.findOutputs("ImportFrom").ImportFrom?.Value).toBe(JSON.stringify(form));
  const { Variables } = Object(propertiesOf(template, "AWS::Lambda::Function").Environment);
  expect(JSON.parse(Variables.CONTRACT).from).toEqual(form);
  expect(Variables).not.toHaveProperty("SIGNING_SECRET_ARN");
});

test.each<[string, From | undefined, (stack: Stack) => ConsumerOptions, string]>([
  ["nothing that fills it", sns(json), () => ({}), "name the queue's source with source: topicSource(…)"],
  [
    "another source than the contract's",
    sns(json),
    () => ({ source: busSource(["a"]) }),
    "its source is event-bridge",
  ],
  ["a source of what the relay sends", undefined, () => ({ source: busSource(["a"]) }), "declares the relay"],
  ["an existing queue of the relay's", undefined, existing, "an existing queue is filled by others"],
  [
    "events in order",
    eventBridge({ types }),
    () => ({ source: busSource(["a"]), fifo: true }),
    "cannot be FIFO",
  ],
  ["a standard topic for a FIFO queue", sns(json), fifoOfStandard, "from FIFO topics to FIFO queues"],
  ["deduplication ids of a standard queue", rawJson({ id: deduplicationId() }), () => ({}), "must be FIFO"],
  ["a bucket without a name", s3Notifications(), nameless, "must have a bucketName"],
])("refuses %s", (_what, from, options, why) => {
  expect(() => consumerOf(from, options)).toThrow(why);
});

test("refuses an endpoint and a projection of a contract with an origin", () => {
  const stack = aService();
  const own = aContract("import", { from: cloudEvents() });
  expect(() => stack.addEndpoint(own, anyFile)).toThrow("only a queue consumer may have");
  expect(() => stack.addProjection(own, anyFile)).toThrow("only a queue consumer may have");
});

const anyFile = { entry: "relay/rotate-keys.ts" };

function aService(app: App = aTestApp()): ServiceStack {
  const config = aConfig();
  const foundation = new FoundationStack(app, "Foundation", { config });
  return new ServiceStack(app, "Legacy", { config, foundation, purpose: "imports" });
}

function consumerOf(from: From | undefined, options: (stack: Stack) => ConsumerOptions): Template {
  const stack = aService();
  stack.addConsumer(aContract("import", from && { from }), { ...anyFile, ...options(stack) });
  return Template.fromStack(stack);
}

function existing(stack: Stack): ConsumerOptions {
  return { queue: Queue.fromQueueArn(stack, "Legacy", "arn:aws:sqs:eu-west-1:123456789012:legacy") };
}

function fifoOfStandard(stack: Stack): ConsumerOptions {
  return { source: topicSource(Topic.fromTopicArn(stack, "Topic", topicArn)), fifo: true };
}

function nameless(stack: Stack): ConsumerOptions {
  return { source: bucketSource(new Bucket(stack, "Uploads")) };
}

function arnOf(queue: string) {
  return { "Fn::GetAtt": [expect.stringContaining(queue), "Arn"] };
}

/** The services that may send to a queue, each with its condition. */
function allowedAt(template: Template, queue: string): [service: string, condition: unknown][] {
  const policies = Object.entries(template.findResources("AWS::SQS::QueuePolicy"));
  return policies
    .filter(([id]) => id.includes(queue))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .filter(({ Effect }) => Effect === "Allow")
    .map(({ Principal, Condition }) => [Principal.Service, Condition]);
}
