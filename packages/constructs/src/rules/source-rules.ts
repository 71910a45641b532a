// Queues that a topic, a rule or a bucket fills: the consumer's contract says so, only that source may send, its undelivered
// messages are kept, and it may use the queue's key.
//
//   G6. SNS and EventBridge drop a message that they could not deliver, unless they have a dead-letter queue.
//   G7. Messages of these services are not signed: only their ARN tells one source from another.
import { contractOf } from "./contract-rules.ts";
import { documentStatements, type Statement } from "./policies.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, isTrue } from "./wiring.ts";

/** By the form of a contract, the service that sends. */
const services: Readonly<Record<string, string>> = {
  sns: "sns.amazonaws.com",
  "event-bridge": "events.amazonaws.com",
  "s3-notifications": "s3.amazonaws.com",
};

export const sourceRules: readonly Rule[] = [
  {
    id: "source-allowed",
    demand: "the service named in the contract has no permission to send to the queue, so no message arrives",
    check: (templates) =>
      consumers(templates).flatMap(({ queue, form }) => {
        const service = services[form?.form ?? ""];
        const senders = serviceStatements(templates, queue).flatMap(servicesOf);
        if (service === undefined || senders.includes(service)) return [];
        return [
          policyFinding(queue, senders.join(), `allow ${service} in its policy: source of addConsumer`),
        ];
      }),
  },
  {
    id: "source-named",
    demand: "without its ARN in the policy, anyone else's topic, rule or bucket may send, too",
    check: (templates) =>
      queues(templates).flatMap((queue) =>
        serviceStatements(templates, queue)
          .filter(({ condition }) => !namesSource(condition))
          .map((statement) =>
            policyFinding(queue, statement.condition, "a condition on aws:SourceArn: topic, rule or bucket"),
          ),
      ),
  },
  {
    id: "source-unsigned",
    demand: "the consumer accepts only the relay's signed messages and parks those of a service",
    check: (templates) =>
      consumers(templates).flatMap(({ queue, consumer, form }) => {
        const senders = serviceStatements(templates, queue).flatMap(servicesOf);
        if (form !== undefined || senders.length === 0 || contractOf(consumer) === undefined) return [];
        return [
          policyFinding(
            queue,
            senders.join(),
            `declare the form in the contract of ${consumer.path} with from: …`,
          ),
        ];
      }),
  },
  {
    id: "source-form",
    demand: "the subscription's form differs from the contract's, so every message is parked",
    check: (templates) =>
      consumers(templates).flatMap(({ queue, form }) =>
        subscriptionsTo(templates, queue)
          .filter((subscription) => isTrue(at(subscription, "RawMessageDelivery")) !== (form?.raw === true))
          .map((subscription) => finding(subscription, "RawMessageDelivery", `${form?.raw === true}`)),
      ),
  },
  {
    id: "source-undelivered",
    demand: "without a dead-letter queue, undelivered messages are lost after the last try",
    check: (templates) =>
      queues(templates).flatMap((queue) => [
        ...subscriptionsTo(templates, queue)
          .filter((each) => !isQueue(templates, at(each, "RedrivePolicy.deadLetterTargetArn")))
          .map((each) => finding(each, "RedrivePolicy", "the ARN of the consumer's dead-letter queue")),
        ...targetsAt(templates, queue)
          .filter(({ rule, path }) => !isQueue(templates, at(rule, `${path}.DeadLetterConfig.Arn`)))
          .map(({ rule, path }) =>
            finding(rule, `${path}.DeadLetterConfig`, "the ARN of the consumer's dead-letter queue"),
          ),
      ]),
  },
  {
    id: "source-key",
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    demand: "the service may not use the queue's key, so no message arrives",
    check: (templates) =>
      queues(templates).flatMap((queue) => {
        const senders = serviceStatements(templates, queue).flatMap(servicesOf);
        const key = at(queue, "KmsMasterKeyId");
        if (senders.length === 0 || key === undefined) return [];
        if (String(key).includes("alias/aws/"))
          return [
            finding(
              queue,
              "KmsMasterKeyId",
              "SqsManagedSseEnabled, or a customer key: other services cannot use AWS's SQS key",
            ),
          ];
        if (senders.every((service) => mayUse(templates, key, service))) return [];
        const remedy = `let ${senders.join(", ")} use kms:GenerateDataKey and kms:Decrypt in the policy of the key; acknowledge it for a key of another app`;
        return [finding(queue, "KmsMasterKeyId", remedy)];
      }),
  },
];

interface Consuming {
  readonly queue: Resource;
  readonly consumer: Resource;
  readonly form: { readonly form: string; readonly raw?: unknown } | undefined;
}

function consumers(templates: Templates): Consuming[] {
  return [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
    mappings.flatMap(({ function: consumer }) =>
      consumer === undefined ? [] : [{ queue, consumer, form: contractOf(consumer)?.from }],
    ),
  );
}

function queues(templates: Templates): Resource[] {
  return templates.ofType("AWS::SQS::Queue");
}

function serviceStatements(templates: Templates, queue: Resource): Statement[] {
  return templates
    .ofType("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")
    .filter(({ properties: { Queues, Queue } }) =>
      [Queues, Queue].flat().some((held) => templates.referredTo(held) === queue),
    )
    .flatMap((policy) => documentStatements(policy, "PolicyDocument"))
    .filter((statement) => statement.effect === "Allow" && servicesOf(statement).length > 0);
}

function servicesOf({ principal }: Statement): string[] {
  const { Service = [] } = Object(principal) as { Service?: unknown };
  return [Service].flat().map(String);
}

function namesSource(condition: unknown): boolean {
  return Object.entries(Object(condition)).some(
    ([operator, keys]) =>
      /^(ArnEquals|ArnLike|StringEquals)$/.test(operator) &&
      Object.entries(Object(keys)).some(
        ([key, arn]) => key.toLowerCase() === "aws:sourcearn" && !/[*?]/.test([arn].flat().join()),
      ),
  );
}

function subscriptionsTo(templates: Templates, queue: Resource): Resource[] {
  return templates
    .ofType("AWS::SNS::Subscription")
    .filter((each) => templates.referredTo(at(each, "Endpoint")) === queue);
}

function targetsAt(templates: Templates, queue: Resource) {
  return templates.ofType("AWS::Events::Rule").flatMap((rule) =>
    [at(rule, "Targets") ?? []]
      .flat()
      .map((_, index) => ({ rule, path: `Targets.${index}` }))
      .filter(({ path }) => templates.referredTo(at(rule, `${path}.Arn`)) === queue),
  );
}

function isQueue(templates: Templates, value: unknown): boolean {
  return templates.referredTo(value)?.type === "AWS::SQS::Queue";
}

/** What the policy of a key of this app says; of another's, nothing here shows it. */
function mayUse(templates: Templates, key: unknown, service: string): boolean {
  const holder = templates.referredTo(key);
  if (holder === undefined) return false;
  const allowed = documentStatements(holder, "KeyPolicy")
    .filter((statement) => statement.effect === "Allow" && servicesOf(statement).includes(service))
    .flatMap(({ actions }) => actions);
  return ["kms:GenerateDataKey", "kms:Decrypt"].every((needed) =>
    allowed.some((action) => action === needed || action === "kms:*" || action === `${needed}*`),
  );
}

function policyFinding(resource: Resource, value: unknown, remedy: string): Finding {
  return { resource, property: "Policy", value: value === "" ? undefined : value, remedy };
}
