// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html
import { metricNames, serviceDimension } from "@essentially-once/messaging/internal/core/metric-names";
import { variableOf } from "../wiring.ts";
import {
  at,
  free,
  never,
  numberOf,
  oneOf,
  type PropertyTable,
  property,
  type Scope,
  within,
} from "./property-rules.ts";

const hourSeconds = 3_600;

/** Above these an alarm would notify too late. Metrics that are not listed may have any threshold. */
const thresholdsMax: Readonly<Record<string, number>> = {
  [metricNames.inDoubt]: 1,
  [metricNames.parked]: 100,
  [metricNames.errorsLogged]: 10,
  [metricNames.outboxAgeSeconds]: hourSeconds,
  Errors: 10,
  Throttles: 100,
  RecursiveInvocationsDropped: 1,
  TransactionConflict: 1_000,
};

export const alarmProperties: PropertyTable = {
  kind: "alarm",
  types: ["AWS::CloudWatch::Alarm"],
  properties: [
    oneOf("ActionsEnabled", [undefined, true], "the alarm notifies no receiver"),
    property(
      "AlarmActions",
      (value, { templates }) => !templates.keepsData || (Array.isArray(value) && value.length > 0),
      "-c alarmEmail=you@example.com or -c alarmTopicArn=arn:aws:sns:...",
      "in production an alarm needs a receiver",
    ),
    property(
      "Namespace",
      isWritten,
      "a namespace of AWS, or the functions' own",
      "no metric is written there, so the alarm never fires",
    ),
    property(
      "Dimensions",
      isThere,
      "the dimensions of a resource or function of this app",
      "no metric has these dimensions, so the alarm never fires",
    ),
    within("Period", { min: 10, max: hourSeconds, absent: 300 }, "the alarm would fire too late"),
    within("EvaluationPeriods", { min: 1, max: 12 }, "the alarm would fire too late"),
    property(
      "DatapointsToAlarm",
      (value, { resource }) =>
        value === undefined || (numberOf(value) ?? 99) <= (numberOf(at(resource, "EvaluationPeriods")) ?? 0),
      "at most EvaluationPeriods",
      "the deployment fails",
    ),
    property(
      "Threshold",
      (value, { resource }) =>
        (numberOf(value) ?? 0) <= (thresholdsMax[String(at(resource, "MetricName"))] ?? Number.MAX_VALUE),
      "the threshold of its construct",
      "the threshold is so high that a lasting fault is not reported",
    ),
    property(
      "TreatMissingData",
      (value, { resource }) => !isFloor(resource) || value === "breaching",
      "breaching, for an alarm on missing activity",
      "missing data must count as breaching, or the alarm never fires",
    ),
    never("EvaluateLowSampleCountPercentile", "with little traffic the alarm would not be evaluated"),
    ...free(
      "AlarmDescription",
      "AlarmName",
      "ComparisonOperator",
      "ExtendedStatistic",
      "InsufficientDataActions",
      "MetricName",
      "Metrics.*.Expression",
      "Metrics.*.Id",
      "Metrics.*.Label",
      "Metrics.*.MetricStat",
      "Metrics.*.Period",
      "Metrics.*.ReturnData",
      "OKActions",
      "Statistic",
      "Tags",
      "Unit",
    ),
  ],
};

export const compositeAlarmProperties: PropertyTable = {
  kind: "composite-alarm",
  types: ["AWS::CloudWatch::CompositeAlarm"],
  properties: free(
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "AlarmName",
    "AlarmRule",
    "OKActions",
    "Tags",
  ),
};

function isFloor(resource: Scope["resource"]): boolean {
  return String(at(resource, "ComparisonOperator")).startsWith("LessThan");
}

/** An alarm on an expression has no namespace of its own. */
function isWritten(value: unknown, { templates, resource }: Scope): boolean {
  if (at(resource, "Metrics") !== undefined) return true;
  const metric = String(at(resource, "MetricName"));
  if (/^AWS\//.test(String(value))) return namespaces[metric]?.includes(String(value)) ?? true;
  const functions = templates.ofType("AWS::Lambda::Function");
  return functions.some((each) => variableOf(each, "POWERTOOLS_METRICS_NAMESPACE") === value);
}

const namespaces: Readonly<Record<string, readonly string[]>> = {
  ApproximateNumberOfMessagesVisible: ["AWS/SQS"],
  ApproximateAgeOfOldestMessage: ["AWS/SQS"],
  NumberOfMessagesReceived: ["AWS/SQS"],
  IteratorAge: ["AWS/Lambda"],
  Invocations: ["AWS/Lambda"],
  Errors: ["AWS/Lambda"],
  Throttles: ["AWS/Lambda"],
  Duration: ["AWS/Lambda"],
  RecursiveInvocationsDropped: ["AWS/Lambda"],
  TransactionConflict: ["AWS/DynamoDB"],
};

const dimensions: Readonly<Record<string, readonly string[]>> = {
  "AWS/SQS": ["QueueName"],
  "AWS/Lambda": ["FunctionName"],
  "AWS/DynamoDB": ["TableName"],
};

function isThere(value: unknown, { templates, resource }: Scope): boolean {
  if (at(resource, "Metrics") !== undefined) return true;
  const namespace = String(at(resource, "Namespace"));
  const given = [value ?? []].flat() as { Name?: unknown; Value?: unknown }[];
  const needed = dimensions[namespace];
  if (needed !== undefined) {
    return needed.every((name) =>
      given.some(({ Name, Value }) => Name === name && isKnown(templates, Value)),
    );
  }
  if (namespace.startsWith("AWS/")) return true;
  const services = templates
    .ofType("AWS::Lambda::Function")
    .map((each) => variableOf(each, "POWERTOOLS_SERVICE_NAME"));
  return given.some(({ Name, Value }) => Name === serviceDimension && services.includes(Value));
}

/** A resource of this app, or the queue of another that a function of this one consumes. */
function isKnown(templates: Scope["templates"], value: unknown): boolean {
  if (templates.referredTo(value) !== undefined) return true;
  return templates
    .ofType("AWS::Lambda::EventSourceMapping")
    .some((mapping) => String(at(mapping, "EventSourceArn")).endsWith(`:${value}`));
}
