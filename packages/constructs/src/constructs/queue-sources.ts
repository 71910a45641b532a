// Sources that fill a queue without the relay: a topic, a rule of an event bus, a bucket. Each creates the delivery to the
// queue, allows exactly that service to send, and puts undelivered messages into the dead-letter queue, in their own form.
//
//   G6. A redrive sends an undelivered message to the queue as it sends one that was parked.
//   G7. The policy names the service and the ARN that it acts for: no other topic, rule or bucket may send through the service.

import type { Contract } from "@essentially-once/messaging/contract";
import { ArnFormat, Stack, Token, Validations } from "aws-cdk-lib";
import { CfnRule, type IEventBus } from "aws-cdk-lib/aws-events";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnBucket, type IBucket } from "aws-cdk-lib/aws-s3";
import { CfnSubscription, type ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct, IDependable } from "constructs";

export interface QueueSource {
  /** The form of a contract that it fills queues for. */
  readonly form: string;
  readonly fifo: boolean;
  fill(filled: FilledQueue): void;
}

export interface FilledQueue {
  readonly scope: Construct;
  readonly contract: Contract;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
}

/** For a contract of `sns(…)`. The topic may be another app's: `Topic.fromTopicArn(…)`. */
export function topicSource(
  topic: ITopic,
  { filterPolicy }: { readonly filterPolicy?: Readonly<Record<string, unknown>> } = {},
): QueueSource {
  return {
    form: "sns",
    fifo: topic.fifo,
    fill({ scope, contract, queue, deadLetterQueue }) {
      const { topicArn } = topic;
      const subscription = new CfnSubscription(scope, "Subscription", {
        topicArn,
        protocol: "sqs",
        endpoint: queue.queueArn,
        rawMessageDelivery: contract.from?.form.raw === true, // as the contract reads it
        redrivePolicy: { deadLetterTargetArn: deadLetterQueue.queueArn },
        ...(filterPolicy && { filterPolicy }),
      });
      if (filterPolicy) {
        Validations.of(subscription).acknowledge({
          id: "Wiring::subscription-filter-policy",
          reason: "The subscription's filter is set in the stack.",
        });
      }
      for (const each of [queue, deadLetterQueue]) allow(each, "sns", { "aws:SourceArn": topicArn });
    },
  };
}

/** For a contract of `eventBridge(…)`: a rule for its detail types, of events with these sources. */
export function busSource(
  sources: readonly [string, ...string[]],
  { bus }: { readonly bus?: IEventBus } = {},
): QueueSource {
  return {
    form: "event-bridge",
    fifo: false,
    fill({ scope, contract, queue, deadLetterQueue }) {
      const rule = new CfnRule(scope, "Rule", {
        ...(bus && { eventBusName: bus.eventBusName }),
        eventPattern: { source: sources, "detail-type": Object.keys(Object(contract.from?.form.types)) },
        targets: [{ id: "Queue", arn: queue.queueArn, deadLetterConfig: { arn: deadLetterQueue.queueArn } }],
      });
      for (const each of [queue, deadLetterQueue]) allow(each, "events", { "aws:SourceArn": rule.attrArn });
    },
  };
}

/** For a contract of `eventBridge(…)` whose rule is another app's: it is let in, and its own stack adds the target. */
export function ruleSource(ruleArn: string): QueueSource {
  return {
    form: "event-bridge",
    fifo: false,
    fill({ queue, deadLetterQueue }) {
      for (const each of [queue, deadLetterQueue]) allow(each, "events", { "aws:SourceArn": ruleArn });
    },
  };
}

/** For events of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html */
export interface BucketSourceOptions {
  /** `s3:ObjectCreated:*` unless given. */
  readonly events?: readonly [`s3:${string}`, ...`s3:${string}`[]];
  readonly prefix?: string;
  readonly suffix?: string;
}

/**
 * For a contract of `s3Notifications()`. A bucket of this app has a name that was given to it: its notification and the
 * policy of the queue name each other, which CloudFormation takes only when one of them is known beforehand. The bucket of
 * another app is let in, and its own stack adds the notification.
 */
export function bucketSource(
  bucket: Pick<IBucket, "node" | "bucketName">,
  { events = ["s3:ObjectCreated:*"], prefix, suffix }: BucketSourceOptions = {},
): QueueSource {
  return {
    form: "s3-notifications",
    fifo: false,
    fill({ scope, queue }) {
      const own = bucket.node.defaultChild;
      const name = own instanceof CfnBucket ? own.bucketName : bucket.bucketName;
      if (name === undefined || (own instanceof CfnBucket && Token.isUnresolved(name))) {
        throw new Error(
          `${scope.node.path}: the bucket ${bucket.node.path} must have a bucketName to notify a queue, got none, because its ` +
            "notification and the policy of the queue name each other",
        );
      }
      const { account } = Stack.of(scope);
      const bucketArn = Stack.of(scope).formatArn({
        service: "s3",
        region: "",
        account: "",
        resource: name,
        arnFormat: ArnFormat.NO_RESOURCE_NAME,
      });
      allow(queue, "s3", { "aws:SourceArn": bucketArn }, { "aws:SourceAccount": account });
      if (!(own instanceof CfnBucket)) return;
      const rules = Object.entries({ prefix, suffix }).flatMap(([name, value]) =>
        value === undefined ? [] : [{ name, value }],
      );
      const before = (own.notificationConfiguration ?? {}) as CfnBucket.NotificationConfigurationProperty;
      const configured = (before.queueConfigurations ?? []) as CfnBucket.QueueConfigurationProperty[];
      own.notificationConfiguration = {
        ...before,
        queueConfigurations: [
          ...configured,
          ...events.map((event) => ({
            event,
            queue: queue.queueArn,
            ...(rules.length > 0 && { filter: { s3Key: { rules } } }),
          })),
        ],
      };
      const policy = queue.node.tryFindChild("Policy");
      if (policy) own.node.addDependency(policy as IDependable); // S3 sends its test event when it is configured
    },
  };
}

/**
 * Holds what fills a queue against the contract of its consumer.
 * @throws Error naming the consumer, and what would fit
 */
export function requireSource(
  path: string,
  { name, from }: Contract,
  options: { readonly source?: QueueSource; readonly fifo: boolean; readonly isExisting: boolean },
): void {
  const { source, fifo, isExisting } = options;
  const form = from?.form.form;
  const wrong = (what: string) => new Error(`${path}: ${what}`);
  if (source && source.form !== form) {
    throw wrong(`its source is ${source.form}, but contract ${name} declares ${form ?? "the relay"}`);
  }
  if (isExisting && from === undefined) {
    throw wrong(`an existing queue is filled by others: declare the form in contract ${name} with from: …`);
  }
  const filler = fillers[form ?? ""];
  if (filler !== undefined && source === undefined && !isExisting) {
    throw wrong(`contract ${name} declares ${form}: name the queue's source with source: ${filler}`);
  }
  if (fifo && (form === "event-bridge" || form === "s3-notifications")) {
    throw wrong(`${form} delivers in any order, so its queue cannot be FIFO`);
  }
  if (source && !isExisting && source.fifo !== fifo) {
    throw wrong("SNS delivers from FIFO topics to FIFO queues, and from standard topics to standard queues");
  }
  if (!fifo && JSON.stringify(from?.form ?? {}).includes('{"of":"deduplication"}')) {
    throw wrong(`contract ${name} identifies messages by their deduplication id, so its queue must be FIFO`);
  }
}

const fillers: Readonly<Record<string, string>> = {
  sns: "topicSource(…)",
  "event-bridge": "busSource(…)",
  "s3-notifications": "bucketSource(…)",
};

function allow(
  queue: IQueue,
  service: string,
  arn: Readonly<Record<string, string>>,
  account?: Readonly<Record<string, string>>,
): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: "Source",
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
      actions: ["sqs:SendMessage"],
      resources: [queue.queueArn],
      conditions: { ArnEquals: arn, ...(account && { StringEquals: account }) },
    }),
  );
}
