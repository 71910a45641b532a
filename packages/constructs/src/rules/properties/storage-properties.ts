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
      "the log of a fault is gone before anybody reads it",
    ),
    oneOf(
      "LogGroupClass",
      [undefined, "STANDARD"],
      "CloudWatch takes no metric out of other classes, and the alarms on them stay silent",
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
        "a slip in a policy opens the objects to everybody",
      ),
    ),
    property(
      "LifecycleConfiguration.Rules.*",
      isHarmless,
      "a prefix of what may expire, after the life of what refers to it; neither dates nor archives",
      "an object is gone, or in an archive, while a message or the journal still refers to it",
    ),
    oneOf("AccessControl", [undefined, "Private"], "objects are open to others"),
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
    never("SecretString", "whoever may read the template may sign any message"),
    never("ReplicaRegions", "keys lie in a region where nobody rotates them"),
    within(
      "GenerateSecretString.PasswordLength",
      { min: 43, max: 4_096, absent: 32 },
      "a key of fewer than 256 random bits can be guessed",
    ),
    oneOf(
      "GenerateSecretString.ExcludeNumbers",
      [undefined, false],
      "a key of fewer than 256 random bits can be guessed",
    ),
    oneOf(
      "GenerateSecretString.ExcludeLowercase",
      [undefined, false],
      "a key of fewer than 256 random bits can be guessed",
    ),
    oneOf(
      "GenerateSecretString.ExcludeUppercase",
      [undefined, false],
      "a key of fewer than 256 random bits can be guessed",
    ),
    oneOf("GenerateSecretString.GenerateStringKey", ["k1"], "the functions do not find the first key"),
    oneOf(
      "GenerateSecretString.SecretStringTemplate",
      ['{"current":"k1"}'],
      "the functions do not find the key to sign with",
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
      "a stolen key signs messages for years, or one is replaced while its messages still come",
    ),
    references("RotationLambdaARN", ["AWS::Lambda::Function"], "nobody adds a key"),
    references("SecretId", ["AWS::SecretsManager::Secret"], "another secret is rotated"),
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
      "CloudWatch cannot send to a FIFO topic: alarms stay silent",
    ),
    property(
      "KmsMasterKeyId",
      (value) => !String(value).includes("alias/aws/"),
      "a key of your own whose policy lets CloudWatch use it, or none",
      "CloudWatch may not use AWS's own key of SNS: alarms stay silent",
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
    never("FilterPolicy", "what it does not match is heard by nobody"),
    ...free("DeliveryPolicy", "Endpoint", "Protocol", "RawMessageDelivery", "RedrivePolicy", "TopicArn"),
  ],
};
