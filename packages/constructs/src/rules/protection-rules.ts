// Resources that the network reaches: they refuse requests without TLS and anonymous callers, and encrypt all that they
// store.
import { documentStatements, type Statement } from "./policies.ts";
import { finding, type Rule } from "./rule.ts";
import { deniesSenders } from "./sender-rules.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, isTrue } from "./wiring.ts";

/** Resource types with a policy of their own: that policy's types, and what must be denied without TLS. */
const guarded = [
  {
    type: "AWS::SQS::Queue",
    policies: ["AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy"],
    actions: ["sqs:*"],
  },
  { type: "AWS::S3::Bucket", policies: ["AWS::S3::BucketPolicy"], actions: ["s3:*"] },
  {
    type: "AWS::SNS::Topic",
    policies: ["AWS::SNS::TopicPolicy", "AWS::SNS::TopicInlinePolicy"],
    actions: ["sns:Publish", "sns:*"],
  },
];

export const protectionRules: readonly Rule[] = [
  {
    id: "tls-only",
    demand: "requests without TLS must be denied",
    check: (templates) =>
      guarded.flatMap(({ type, policies, actions }) =>
        templates
          .ofType(type)
          .filter(
            (resource) =>
              !policiesOf(templates, resource, policies).some((statement) =>
                refusesPlainText(statement, actions),
              ),
          )
          .map((resource) => ({
            resource,
            property: "Policy",
            value: undefined,
            remedy: "enforceSSL: true",
          })),
      ),
  },
  {
    id: "no-anonymous-access",
    demand: "the policy allows anyone on the internet",
    check: (templates) =>
      templates.ofType(...guarded.flatMap(({ policies }) => policies)).flatMap((policy) =>
        documentStatements(policy, "PolicyDocument")
          .filter(
            ({ effect, principal, condition, inverted }) =>
              effect !== "Deny" && (inverted || (isEverybody(principal) && !limitsSource(condition))),
          )
          .map(({ principal }) => ({
            resource: policy,
            property: "PolicyDocument",
            value: principal,
            remedy: "name the principal, or add a condition on its account",
          })),
      ),
  },
  {
    id: "no-other-account",
    demand: "the rules cannot check what another account's policies allow there",
    check: (templates) =>
      templates.ofType(...guarded.flatMap(({ policies }) => policies)).flatMap((policy) =>
        documentStatements(policy, "PolicyDocument")
          .filter(
            ({ effect, principal }) => effect !== "Deny" && !isEverybody(principal) && !isOwn(principal),
          )
          .map(({ principal }) => ({
            resource: policy,
            property: "PolicyDocument",
            value: principal,
            remedy:
              "an AWS service or a role of this app; acknowledge the finding for an account that you trust",
          })),
      ),
  },
  {
    id: "resource-policy-actions",
    demand: "a wildcard allows purging, deleting and changing the policy itself",
    check: (templates) =>
      templates.ofType(...guarded.flatMap(({ policies }) => policies)).flatMap((policy) =>
        documentStatements(policy, "PolicyDocument")
          .filter(({ effect, actions }) => effect !== "Deny" && actions.some((action) => /[*?]/.test(action)))
          .map(({ actions }) => ({
            resource: policy,
            property: "PolicyDocument",
            value: actions,
            remedy: "name each action",
          })),
      ),
  },
  {
    id: "resource-policy-denies",
    demand:
      "any Deny except of plain-text requests and of other senders (queue-senders) locks out the app's functions",
    check: (templates) =>
      templates.ofType(...guarded.flatMap(({ policies }) => policies)).flatMap((policy) =>
        documentStatements(policy, "PolicyDocument")
          .filter(
            (statement) =>
              statement.effect !== "Allow" && !deniesPlainTextOnly(statement) && !deniesSenders(statement),
          )
          .map(({ condition }) => ({
            resource: policy,
            property: "PolicyDocument",
            value: condition,
            remedy: 'the condition { Bool: { "aws:SecureTransport": "false" } } alone',
          })),
      ),
  },
  {
    id: "queue-encryption",
    demand: "the template must enable encryption at rest",
    check: (templates) =>
      templates
        .ofType("AWS::SQS::Queue")
        .filter(
          (queue) => !isTrue(at(queue, "SqsManagedSseEnabled")) && at(queue, "KmsMasterKeyId") === undefined,
        )
        .map((queue) =>
          finding(queue, "SqsManagedSseEnabled", "true, or a key of your own as KmsMasterKeyId"),
        ),
  },
  {
    id: "function-url-signed",
    demand: "a function URL without IAM is open to the internet",
    check: (templates) =>
      templates
        .ofType("AWS::Lambda::Url")
        .filter((url) => at(url, "AuthType") !== "AWS_IAM")
        .map((url) => finding(url, "AuthType", "AWS_IAM")),
  },
  {
    id: "nested-stack",
    demand: "the rules do not check nested stacks",
    check: (templates) =>
      templates
        .ofType("AWS::CloudFormation::Stack")
        .map((stack) => finding(stack, "TemplateURL", "a stack of its own")),
  },
];

function policiesOf(templates: Templates, resource: Resource, types: readonly string[]): Statement[] {
  return templates
    .ofType(...types)
    .filter(({ properties: { Queues, Queue, Bucket, Topics, TopicArn } }) =>
      [Queues, Queue, Bucket, Topics, TopicArn]
        .flat()
        .some((holder) => templates.referredTo(holder) === resource),
    )
    .flatMap((policy) => documentStatements(policy, "PolicyDocument"));
}

function refusesPlainText(
  { effect, principal, condition, actions }: Statement,
  needed: readonly string[],
): boolean {
  const { Bool = {} } = (condition ?? {}) as { Bool?: Readonly<Record<string, unknown>> };
  return (
    effect === "Deny" &&
    isEverybody(principal) &&
    String(Bool["aws:SecureTransport"]) === "false" &&
    actions.some((action) => needed.includes(action))
  );
}

function deniesPlainTextOnly({ condition }: Statement): boolean {
  const tested = Object.entries(Object(condition));
  return tested.length === 1 && JSON.stringify(tested[0]) === '["Bool",{"aws:SecureTransport":"false"}]';
}

const sources = [
  "aws:SourceAccount",
  "aws:SourceArn",
  "aws:SourceOwner",
  "AWS:SourceOwner",
  "aws:PrincipalAccount",
];

function limitsSource(condition: unknown): boolean {
  return Object.entries(Object(condition)).some(
    ([operator, tested]) =>
      /^(StringEquals|ArnEquals|ArnLike|StringLike)$/.test(operator) &&
      Object.entries(Object(tested)).some(
        ([key, value]) => sources.includes(key) && !/^[*?]+$/.test(String(value)),
      ),
  );
}

/** Services, and roles of this app; an account only where it is the app's own. */
function isOwn(principal: unknown): boolean {
  return Object.entries(Object(principal)).every(([kind, names]) =>
    [names].flat().every((name) => kind === "Service" || /^‹|\{AccountId\}/.test(String(name))),
  );
}

function isEverybody(principal: unknown): boolean {
  return [principal].flat().some((each) => {
    if (each === "*") return true;
    return (
      typeof each === "object" && each !== null && [(each as { AWS?: unknown }).AWS].flat().includes("*")
    );
  });
}
