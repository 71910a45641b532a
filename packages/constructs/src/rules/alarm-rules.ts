// Every consumer and every publisher must have its alarms: without them the first to notice a delay or a dead letter is a
// customer. An alarm that notifies too late counts as missing.
//
//   G6. Nothing is dropped silently.
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { retentionDefault } from "./queue-rules.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, deadLettersOf, isTrue, mappingsOf, numberAt, variableOf } from "./wiring.ts";

export const alarmRules: readonly Rule[] = [
  {
    id: "service-name",
    demand: "the metrics of functions with one name cannot be told apart, nor can their alarms",
    check: (templates) => {
      const names = new Map<unknown, Resource>();
      return templates.ofType("AWS::Lambda::Function").flatMap((each) => {
        const name = variableOf(each, serviceVariable);
        const counted = JSON.stringify([variableOf(each, "POWERTOOLS_METRICS_NAMESPACE"), name]);
        const first = names.get(counted);
        if (name === undefined) return [];
        if (first === undefined) {
          names.set(counted, each);
          return [];
        }
        return [
          finding(
            each,
            `Environment.Variables.${serviceVariable}`,
            `another name: ${first.path} uses this one`,
          ),
        ];
      });
    },
  },
  {
    id: "dead-letter-alarm",
    // Parking and redriving move messages without NumberOfMessagesSent, so only the depth tells.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    demand: "an alarm must report the first dead letter before it expires",
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const deadLetters = deadLettersOf(templates, queue);
        return deadLetters ? missing(templates, { watched: deadLetters, metric: depth, mustRingAt: 1 }) : [];
      }),
  },
  {
    id: "message-age-alarm",
    demand: "an alarm must report waiting messages before they expire",
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const mustRingAt = numberAt(queue, "MessageRetentionPeriod", retentionDefault) / 2;
        return missing(templates, { watched: queue, metric: "ApproximateAgeOfOldestMessage", mustRingAt });
      }),
  },
  {
    id: "stream-age-alarm",
    demand: "an alarm must report an unread stream before its records expire",
    check: (templates) =>
      [...new Set(mappingsOf(templates).streams.map((mapping) => mapping.function))].flatMap((reader) =>
        reader ? missing(templates, { watched: reader, metric: "IteratorAge", mustRingAt: halfDayMs }) : [],
      ),
  },
  {
    id: "stream-failure-alarm",
    demand: "an alarm must report records that a mapping gave up",
    check: (templates) => {
      const destinations = mappingsOf(templates).streams.map(({ mapping }) =>
        templates.referredTo(at(mapping, "DestinationConfig.OnFailure.Destination")),
      );
      return [...new Set(destinations)].flatMap((queue) =>
        queue?.type === "AWS::SQS::Queue"
          ? missing(templates, { watched: queue, metric: depth, mustRingAt: 1 })
          : [],
      );
    },
  },
  {
    id: "sweeper-alarms",
    demand: "alarms must report a sweeper that does not run, and old rows in the outbox",
    check: (templates) =>
      templates
        .ofType("AWS::Lambda::Function")
        .filter((each) => variableOf(each, "REGISTRY_PATH") !== undefined && !readsStream(templates, each))
        .flatMap((sweeper) => sweeperFindings(templates, sweeper)),
  },
];

function readsStream(templates: Templates, each: Resource): boolean {
  return mappingsOf(templates).streams.some((mapping) => mapping.function === each);
}

function sweeperFindings(templates: Templates, sweeper: Resource): Finding[] {
  const service = variableOf(sweeper, serviceVariable);
  const ages = (alarm: Resource) =>
    isOfService(alarm, { metric: metricNames.outboxAgeSeconds, service, mustRingAt: delaySecondsMax });
  const silences = (alarm: Resource) =>
    at(alarm, "MetricName") === "Invocations" &&
    isOn(templates, alarm, sweeper) &&
    at(alarm, "Statistic") === "Sum" &&
    String(at(alarm, "ComparisonOperator")).startsWith("LessThan") &&
    numberAt(alarm, "Threshold", 0) >= 1 &&
    at(alarm, "TreatMissingData") === "breaching";
  return [
    { metric: metricNames.outboxAgeSeconds, keeps: ages },
    { metric: "Invocations", keeps: silences },
  ].flatMap(({ metric, keeps }) => {
    const alarms = templates.ofType("AWS::CloudWatch::Alarm");
    if (alarms.some((alarm) => isInTime(alarm) && keeps(alarm))) return [];
    return [
      {
        ...finding(sweeper, `Alarm on ${metric}`, "name its stack in `watched` of OperationsStack"),
        value: undefined,
      },
    ];
  });
}

interface ServiceWatch {
  readonly metric: string;
  readonly service: unknown;
  readonly mustRingAt: number;
}

/** Whether an alarm reports what a function counts itself, in time. */
export function metricAlarms(templates: Templates, watch: ServiceWatch): boolean {
  return templates
    .ofType("AWS::CloudWatch::Alarm")
    .some((alarm) => isInTime(alarm) && isOfService(alarm, watch));
}

function isOfService(alarm: Resource, { metric, service, mustRingAt }: ServiceWatch): boolean {
  return (
    at(alarm, "MetricName") === metric &&
    [at(alarm, "Dimensions")].flat().some((dimension) => dimensionValue(dimension) === service) &&
    at(alarm, "Statistic") === "Maximum" &&
    ringsAt(alarm, mustRingAt)
  );
}

const serviceVariable = "POWERTOOLS_SERVICE_NAME";
const depth = "ApproximateNumberOfMessagesVisible";
const halfDayMs = 43_200_000;
const delaySecondsMax = 3_600;

interface Watch {
  readonly watched: Resource;
  readonly metric: string;
  /** In the metric's own unit. */
  readonly mustRingAt: number;
}

function missing(templates: Templates, watch: Watch): Finding[] {
  if (templates.ofType("AWS::CloudWatch::Alarm").some((alarm) => keeps(templates, alarm, watch))) return [];
  const { watched, metric, mustRingAt } = watch;
  const remedy =
    `name its stack in \`watched\` of OperationsStack, or write an alarm on the maximum of ${metric} ` +
    `that fires at ${mustRingAt} within ${delaySecondsMax} seconds`;
  return [{ resource: watched, property: `Alarm on ${metric}`, value: undefined, remedy }];
}

function keeps(templates: Templates, alarm: Resource, { watched, metric, mustRingAt }: Watch): boolean {
  const { MetricName, Statistic } = alarm.properties;
  return (
    isInTime(alarm) &&
    MetricName === metric &&
    Statistic === "Maximum" &&
    isOn(templates, alarm, watched) &&
    ringsAt(alarm, mustRingAt)
  );
}

function isOn(templates: Templates, alarm: Resource, watched: Resource): boolean {
  return [at(alarm, "Dimensions")]
    .flat()
    .some((dimension) => templates.referredTo(dimensionValue(dimension)) === watched);
}

function isInTime(alarm: Resource): boolean {
  const delaySeconds =
    numberAt(alarm, "Period", Number.NaN) * numberAt(alarm, "EvaluationPeriods", Number.NaN);
  return isTrue(at(alarm, "ActionsEnabled") ?? true) && delaySeconds <= delaySecondsMax;
}

function ringsAt(alarm: Resource, value: number): boolean {
  const threshold = numberAt(alarm, "Threshold", Number.NaN);
  const comparison = at(alarm, "ComparisonOperator");
  if (comparison === "GreaterThanThreshold") return value > threshold;
  return comparison === "GreaterThanOrEqualToThreshold" && value >= threshold;
}

function dimensionValue(dimension: unknown): unknown {
  return typeof dimension === "object" && dimension !== null && "Value" in dimension
    ? dimension.Value
    : undefined;
}
