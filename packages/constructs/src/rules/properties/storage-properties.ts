// Logs, objects and secrets. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/

import { parkedPrefix, travelPrefix } from "@essentially-once/messaging/internal/envelope/claim-place";
import {
  deadLetterRetentionDays,
  evidenceDays,
} from "@essentially-once/messaging/internal/envelope/message-life";
import { rotationDaysMin } from "@essentially-once/messaging/internal/trust/key-rotation";
import type { Resource, Templates } from "../templates.ts";
import { at, isTrue } from "../wiring.ts";
import {
  free,
  never,
  numberOf,
  oneOf,
  type PropertyTable,
  property,
  references,
  within,
} from "./property-rules.ts";

export const logGroupProperties: PropertyTable = {
  kind: "log-group",
  types: ["AWS::Logs::LogGroup"],
  properties: [
    within(
      "RetentionInDays",
      { min: 7, max: 3_653, absent: 3_653 },
      "logs are deleted before they are needed",
    ),
    oneOf(
      "LogGroupClass",
      [undefined, "STANDARD"],
      "CloudWatch extracts no metrics from other classes, so alarms never fire",
    ),
    ...free("DeletionProtectionEnabled", "KmsKeyId", "LogGroupName", "Tags"),
  ],
};

export const bucketProperties: PropertyTable = {
  kind: "bucket",
  types: ["AWS::S3::Bucket"],
  properties: [
    ...["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"].map((name) =>
      oneOf(
        `PublicAccessBlockConfiguration.${name}`,
        [true],
        "a mistake in a policy would make the objects public",
      ),
    ),
    property(
      "LifecycleConfiguration.Rules.*",
      isHarmless,
      "a prefix whose objects may expire, with a longer life than the messages that refer to them; no dates, no archives",
      "objects must stay readable while a message or the journal refers to them",
    ),
    oneOf("AccessControl", [undefined, "Private"], "it opens the objects to others"),
    ...free(
      "BucketEncryption", // customer-key; S3 encrypts always
      "BucketName",
      "LoggingConfiguration",
      "NotificationConfiguration.QueueConfigurations",
      "OwnershipControls",
      "Tags",
      "VersioningConfiguration",
    ),
  ],
};

const lifecycleKeys = [
  "AbortIncompleteMultipartUpload",
  "ExpirationInDays",
  "Id",
  "NoncurrentVersionExpiration",
  "Prefix",
  "Status",
];

/** Where objects may expire, and how many days each lasts at least; the journal's never may. */
const lifeDays: Readonly<Record<string, number>> = {
  [travelPrefix]: evidenceDays,
  [parkedPrefix]: deadLetterRetentionDays,
};

function isHarmless(value: unknown): boolean {
  const rule = Object(value) as Readonly<Record<string, unknown>>;
  if (!Object.keys(rule).every((key) => lifecycleKeys.includes(key))) return false;
  if (rule.ExpirationInDays === undefined) return true;
  return (
    (numberOf(rule.ExpirationInDays) ?? 0) >= (lifeDays[String(rule.Prefix)] ?? Number.POSITIVE_INFINITY)
  );
}

export const secretProperties: PropertyTable = {
  kind: "secret",
  types: ["AWS::SecretsManager::Secret"],
  properties: [
    never("SecretString", "anyone who can read the template could sign messages"),
    never("ReplicaRegions", "keys in other regions are not rotated"),
    within(
      "GenerateSecretString.PasswordLength",
      { min: 43, max: 4_096, absent: 32 },
      "a key needs 256 random bits",
    ),
    oneOf("GenerateSecretString.ExcludeNumbers", [undefined, false], "a key needs 256 random bits"),
    oneOf("GenerateSecretString.ExcludeLowercase", [undefined, false], "a key needs 256 random bits"),
    oneOf("GenerateSecretString.ExcludeUppercase", [undefined, false], "a key needs 256 random bits"),
    oneOf("GenerateSecretString.GenerateStringKey", ["k1"], "the functions would not find the first key"),
    oneOf(
      "GenerateSecretString.SecretStringTemplate",
      ['{"current":"k1"}'],
      "the functions would not find the signing key",
    ),
    ...free("Description", "GenerateSecretString.ExcludePunctuation", "KmsKeyId", "Name", "Tags"),
  ],
};

export const rotationProperties: PropertyTable = {
  kind: "rotation",
  types: ["AWS::SecretsManager::RotationSchedule"],
  properties: [
    within(
      "RotationRules.AutomaticallyAfterDays",
      { min: rotationDaysMin, max: 366 },
      "a stolen key works for too long, or a key is replaced while its messages are in flight",
    ),
    references("RotationLambdaARN", ["AWS::Lambda::Function"], "no function adds keys"),
    references("SecretId", ["AWS::SecretsManager::Secret"], "it rotates another secret"),
    ...free("RotateImmediatelyOnUpdate"),
  ],
};

export const topicProperties: PropertyTable = {
  kind: "topic",
  types: ["AWS::SNS::Topic"],
  properties: [
    property(
      "FifoTopic",
      (value, { resource, templates }) => !isTrue(value) || fillsQueue(resource, templates),
      "false, or a subscription of a queue: source of addConsumer",
      "CloudWatch cannot send to a FIFO topic, so alarms are not delivered",
    ),
    property(
      "KmsMasterKeyId",
      (value) => !String(value).includes("alias/aws/"),
      "a key of your own whose policy lets CloudWatch use it, or none",
      "CloudWatch may not use this key, so alarms are not delivered",
    ),
    ...free(
      "ContentBasedDeduplication", // the contract says where the id is
      "DisplayName",
      "FifoThroughputScope",
      "Subscription",
      "TopicName",
      "Tags",
      "TracingConfig",
    ),
  ],
};

function fillsQueue(topic: Resource, templates: Templates): boolean {
  return templates
    .ofType("AWS::SNS::Subscription")
    .some((each) => at(each, "Protocol") === "sqs" && templates.referredTo(at(each, "TopicArn")) === topic);
}

export const subscriptionProperties: PropertyTable = {
  kind: "subscription",
  types: ["AWS::SNS::Subscription"],
  properties: [
    never("FilterPolicy", "alarms that the filter does not match are not delivered"),
    ...free("DeliveryPolicy", "Endpoint", "Protocol", "RawMessageDelivery", "RedrivePolicy", "TopicArn"),
  ],
};
