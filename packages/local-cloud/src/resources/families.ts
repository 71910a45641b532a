// Everything the local cloud knows about resource types: what it creates, and what cannot matter to it.
// A type in neither list is refused.

import { GlobalTable, Table } from "./dynamodb.ts";
import { EventInvokeConfig } from "./event-invoke-config.ts";
import { EventBus } from "./event-rule.ts";
import { EventSourceMapping } from "./event-source-mapping.ts";
import type { Family } from "./family.ts";
import { HttpApi, Integration, Route, Stage } from "./http-api.ts";
import { ManagedPolicy, Policy, Role, RolePolicy } from "./iam.ts";
import { LambdaFunction, LambdaPermission, LambdaUrl } from "./lambda-function.ts";
import { LogGroup } from "./log-group.ts";
import { Bucket } from "./s3.ts";
import { Rule, Schedule } from "./schedule.ts";
import { RotationSchedule, Secret } from "./secret.ts";
import { Subscription, Topic } from "./sns.ts";
import { Queue } from "./sqs.ts";
import { SsmParameter } from "./ssm-parameter.ts";

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
    EventInvokeConfig,
    EventBus,
    Rule,
    Schedule,
    Secret,
    RotationSchedule,
    HttpApi,
    Integration,
    Route,
    Stage,
    Topic,
    Subscription,
    SsmParameter,
  ].map((family) => [family.type, family]),
);

/**
 * Whole types, each looked at: they watch, describe or permit, and none moves a message. Ignored as long as nothing
 * that runs refers to them: such a reference is refused.
 */
const IGNORED_TYPES = new Set([
  "AWS::CDK::Metadata",
  "AWS::CloudWatch::Alarm",
  "AWS::CloudWatch::AnomalyDetector",
  "AWS::CloudWatch::CompositeAlarm",
  "AWS::CloudWatch::Dashboard",
  "AWS::CloudWatch::InsightRule",
  "AWS::IAM::Group",
  "AWS::IAM::GroupPolicy",
  "AWS::IAM::InstanceProfile",
  "AWS::IAM::OIDCProvider",
  "AWS::IAM::User",
  "AWS::IAM::UserPolicy",
  "AWS::Logs::LogStream",
  "AWS::Logs::MetricFilter",
  "AWS::Logs::QueryDefinition",
  "AWS::Logs::ResourcePolicy",
  "AWS::XRay::Group",
  "AWS::XRay::SamplingRule",
  "AWS::SQS::QueuePolicy",
  "AWS::SQS::QueueInlinePolicy",
  "AWS::S3::BucketPolicy",
  "AWS::SNS::TopicPolicy",
  "AWS::KMS::Key",
  "AWS::KMS::Alias",
  "AWS::Scheduler::ScheduleGroup",
]);

export function isIgnored(type: string): boolean {
  if (FAMILIES.has(type)) return false;
  return IGNORED_TYPES.has(type);
}
