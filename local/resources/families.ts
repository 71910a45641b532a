// Everything the local cloud knows about resource types: what it creates, and what cannot matter to it.
// A type in neither list is refused.

import { GlobalTable, Table } from "./dynamodb.ts";
import { EventSourceMapping } from "./event-source-mapping.ts";
import type { Family } from "./family.ts";
import { ManagedPolicy, Policy, Role, RolePolicy } from "./iam.ts";
import { LambdaFunction, LambdaPermission, LambdaUrl } from "./lambda-function.ts";
import { LogGroup } from "./log-group.ts";
import { Bucket } from "./s3.ts";
import { Rule, Schedule } from "./schedule.ts";
import { RotationSchedule, Secret } from "./secret.ts";
import { Queue } from "./sqs.ts";

export const FAMILIES: ReadonlyMap<string, Family> = new Map(
  [
    GlobalTable,
    Table,
    Queue,
    Bucket,
    Role,
    Policy,
    RolePolicy,
    ManagedPolicy,
    LogGroup,
    LambdaFunction,
    LambdaUrl,
    LambdaPermission,
    EventSourceMapping,
    Rule,
    Schedule,
    Secret,
    RotationSchedule,
  ].map((family) => [family.type, family]),
);

/** Services whose other resources observe or describe; nothing that runs depends on them. */
const IGNORED_SERVICES = ["AWS::IAM", "AWS::Logs", "AWS::CloudWatch", "AWS::CDK", "AWS::XRay"];

/**
 * Ignored as long as nothing that runs refers to them: such a reference is refused, as is a topic that a function
 * publishes to. What remains is a place for alarms.
 */
const IGNORED_TYPES = new Set([
  "AWS::SQS::QueuePolicy",
  "AWS::SQS::QueueInlinePolicy",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::Subscription",
  "AWS::SNS::Topic",
  "AWS::SNS::TopicPolicy",
  "AWS::KMS::Key",
  "AWS::KMS::Alias",
  "AWS::Scheduler::ScheduleGroup",
]);

export function isIgnored(type: string): boolean {
  if (FAMILIES.has(type)) return false;
  return IGNORED_TYPES.has(type) || IGNORED_SERVICES.some((service) => type.startsWith(`${service}::`));
}
