// Mappings of streams: nothing is skipped, and no record holds its shard until it expires.
import { deadLetterRetentionDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, isTrue, mappingsOf, numberAt } from "./wiring.ts";

const day = 86_400;
// What an absent property means, and -1: until the record expires.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
const untilItExpires = -1;
/** An outage of an hour is none that loses a message. */
const recordAgeMin = 6 * 3_600;

export const streamRules: readonly Rule[] = [
  {
    id: "stream-position",
    demand: "LATEST skips messages committed while the mapping starts",
    check: (templates) =>
      streams(
        templates,
        (mapping) => at(mapping, "StartingPosition") === "TRIM_HORIZON",
        "StartingPosition",
        "TRIM_HORIZON",
      ),
  },
  {
    id: "stream-retries",
    demand: "without a bound on retries, one bad record blocks its shard until it expires",
    check: (templates) =>
      streams(
        templates,
        (mapping) =>
          inRange(numberAt(mapping, "MaximumRetryAttempts", untilItExpires), { min: 1, max: 10_000 }),
        "MaximumRetryAttempts",
        "1 to 10000",
      ),
  },
  {
    id: "stream-record-age",
    demand:
      "records older than 24 hours are lost without a report; with a much shorter limit, messages are given up during an outage",
    check: (templates) =>
      streams(
        templates,
        (mapping) =>
          inRange(numberAt(mapping, "MaximumRecordAgeInSeconds", untilItExpires), {
            min: recordAgeMin,
            max: day - 1,
          }),
        "MaximumRecordAgeInSeconds",
        `${recordAgeMin} to ${day - 1} seconds`,
      ),
  },
  {
    id: "stream-bisect",
    demand: "without bisecting, a record that crashes the function takes its batch with it",
    check: (templates) =>
      streams(
        templates,
        (mapping) => isTrue(at(mapping, "BisectBatchOnFunctionError")),
        "BisectBatchOnFunctionError",
        "true",
      ),
  },
  {
    id: "stream-failure-destination",
    demand: "without a failure destination, records are given up without a report",
    check: (templates) =>
      streams(
        templates,
        (mapping) => isReportQueue(templates, at(mapping, destination)),
        destination,
        `a queue of this app that keeps messages for ${deadLetterRetentionDays} days`,
      ),
  },
  {
    id: "stream-failure-retention",
    demand: "reports must be kept as long as SQS allows",
    check: (templates) =>
      mappingsOf(templates).streams.flatMap(({ mapping }) => {
        const queue = templates.referredTo(at(mapping, destination));
        if (queue?.type !== "AWS::SQS::Queue") return [];
        const kept = numberAt(queue, "MessageRetentionPeriod", 4 * day);
        return kept >= deadLetterRetentionDays * day
          ? []
          : [finding(queue, "MessageRetentionPeriod", `${deadLetterRetentionDays * day} seconds`)];
      }),
  },
];

const destination = "DestinationConfig.OnFailure.Destination";

function streams(
  templates: Templates,
  keeps: (mapping: Resource) => boolean,
  property: string,
  remedy: string,
) {
  return mappingsOf(templates).streams.flatMap(({ mapping }) =>
    keeps(mapping) ? [] : [finding(mapping, property, remedy)],
  );
}

/** A standard queue without a consumer: a FIFO queue refuses the report, and a consumer would read it as a message. */
function isReportQueue(templates: Templates, destination: unknown): boolean {
  const queue = templates.referredTo(destination);
  return (
    queue?.type === "AWS::SQS::Queue" &&
    !isTrue(at(queue, "FifoQueue")) &&
    !consumedQueues(templates).has(queue)
  );
}

function inRange(value: number, { min, max }: { min: number; max: number }): boolean {
  return value >= min && value <= max;
}
