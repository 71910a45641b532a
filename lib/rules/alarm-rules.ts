// Nobody looks at a queue that says nothing: every consumer and every publisher has the alarms without which a loss
// of time, or a dead letter, is found by a customer. An alarm that rings too late is none.
//
//   G6. Nothing is dropped silently.
import { retentionDefault } from "./queue-rules.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, deadLettersOf, isTrue, mappingsOf, numberAt, variableOf } from "./wiring.ts";

export const alarmRules: readonly Rule[] = [
  {
    id: "service-name",
    demand: "functions that count under one name cannot be told apart, and their alarms ring for each other",
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
            `another name: ${first.path} has this one`,
          ),
        ];
      });
    },
  },
  {
    id: "dead-letter-alarm",
    // Parking and redriving move messages without NumberOfMessagesSent, so only the depth tells.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    demand: "somebody must hear of the first dead letter before it expires",
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const deadLetters = deadLettersOf(templates, queue);
        return deadLetters ? missing(templates, { watched: deadLetters, metric: depth, mustRingAt: 1 }) : [];
      }),
  },
  {
    id: "message-age-alarm",
    demand: "somebody must hear that messages wait, before they expire unseen",
    check: (templates) =>
      [...consumedQueues(templates).keys()].flatMap((queue) => {
        const mustRingAt = numberAt(queue, "MessageRetentionPeriod", retentionDefault) / 2;
        return missing(templates, { watched: queue, metric: "ApproximateAgeOfOldestMessage", mustRingAt });
      }),
  },
  {
    id: "stream-age-alarm",
    demand: "somebody must hear that a stream is not read, before it forgets",
    check: (templates) =>
      [...new Set(mappingsOf(templates).streams.map((mapping) => mapping.function))].flatMap((reader) =>
        reader ? missing(templates, { watched: reader, metric: "IteratorAge", mustRingAt: halfDayMs }) : [],
      ),
  },
  {
    id: "stream-failure-alarm",
    demand: "somebody must hear that a stream gave records up",
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
];

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
    `that rings at ${mustRingAt} within ${delaySecondsMax} seconds`;
  return [{ resource: watched, property: `Alarm on ${metric}`, value: undefined, remedy }];
}

function keeps(templates: Templates, alarm: Resource, { watched, metric, mustRingAt }: Watch): boolean {
  const { ActionsEnabled = true, MetricName, Statistic, Dimensions } = alarm.properties;
  const delaySeconds =
    numberAt(alarm, "Period", Number.NaN) * numberAt(alarm, "EvaluationPeriods", Number.NaN);
  return (
    isTrue(ActionsEnabled) &&
    MetricName === metric &&
    Statistic === "Maximum" &&
    [Dimensions].flat().some((dimension) => templates.referredTo(dimensionValue(dimension)) === watched) &&
    ringsAt(alarm, mustRingAt) &&
    delaySeconds <= delaySecondsMax
  );
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
