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
      "every message waits so long before it is sent",
    ),
    property(
      "ParallelizationFactor",
      (value) => value === undefined || numberOf(value) === 1,
      "1",
      "batches of one shard run side by side, and messages of one key overtake each other",
    ),
    property(
      "TumblingWindowInSeconds",
      (value) => value === undefined || numberOf(value) === 0,
      "remove it",
      "a window hands a state from batch to batch, which the publisher does not keep",
    ),
    property(
      "StartingPositionTimestamp",
      (value) => value === undefined,
      "remove it",
      "what was committed before that time is skipped",
    ),
    property(
      "BatchSize",
      (value, scope) =>
        value === undefined || (numberOf(value) ?? Number.NaN) <= (readsStream(scope) ? 1_000 : 10_000),
      "at most 1000 of a stream, 10000 of a queue",
      "a batch is larger than the function can send before its time is over",
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
