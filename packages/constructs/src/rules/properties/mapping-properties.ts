// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
import { mappingsOf } from "../wiring.ts";
import { free, numberOf, type PropertyTable, property, type Scope } from "./property-rules.ts";

const readerSecondsMax = 5;

export const mappingProperties: PropertyTable = {
  kind: "mapping",
  types: ["AWS::Lambda::EventSourceMapping"],
  properties: [
    property(
      "MaximumBatchingWindowInSeconds",
      (value, scope) =>
        value === undefined ||
        (numberOf(value) ?? Number.NaN) <= (readsStream(scope) ? readerSecondsMax : 300),
      `at most ${readerSecondsMax} seconds for a stream, 300 for a queue`,
      "every message waits that long",
    ),
    property(
      "ParallelizationFactor",
      (value) => value === undefined || numberOf(value) === 1,
      "1",
      "batches of one shard run concurrently, and messages of one key overtake each other",
    ),
    property(
      "TumblingWindowInSeconds",
      (value) => value === undefined || numberOf(value) === 0,
      "remove it",
      "the publisher does not return the state that a tumbling window needs",
    ),
    property(
      "StartingPositionTimestamp",
      (value) => value === undefined,
      "remove it",
      "messages committed before that time are skipped",
    ),
    property(
      "BatchSize",
      (value, scope) =>
        value === undefined || (numberOf(value) ?? Number.NaN) <= (readsStream(scope) ? 1_000 : 10_000),
      "at most 1000 of a stream, 10000 of a queue",
      "the function cannot send so large a batch before its timeout",
    ),
    ...free(
      "BisectBatchOnFunctionError", // stream-bisect
      "DestinationConfig.OnFailure.Destination", // stream-failure-destination
      "Enabled", // mapping-enabled
      "EventSourceArn", // mapping-known
      "FilterCriteria", // no-queue-filter, outbox-filter
      "FunctionName", // mapping-known
      "FunctionResponseTypes", // partial-batch-responses
      "MaximumRecordAgeInSeconds", // stream-record-age
      "MaximumRetryAttempts", // stream-retries
      "ScalingConfig", // max-concurrency
      "StartingPosition", // stream-position
      "MetricsConfig",
      "Tags",
    ),
  ],
};

function readsStream({ templates, resource }: Scope): boolean {
  return mappingsOf(templates).streams.some(({ mapping }) => mapping === resource);
}
