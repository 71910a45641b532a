// AWS::Lambda::EventSourceMapping: a queue or a table's stream of this app → one of its functions.

import { z } from "zod";
import { inOurRegion } from "../model/names.ts";
import { type Created, family, NotUnderstood, type Site } from "./family.ts";
import { functionOf } from "./lambda-function.ts";

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
const SQS_BATCH_SIZE_DEFAULT = 10;
const STREAM_BATCH_SIZE_DEFAULT = 100;
const UNTIL_THE_RECORD_EXPIRES = -1;

/** https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions */
const READING_QUEUES = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
/** https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-permissions.html */
const READING_STREAMS = [
  "dynamodb:DescribeStream",
  "dynamodb:GetRecords",
  "dynamodb:GetShardIterator",
  "dynamodb:ListStreams",
];

const shared = {
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean().default(true),
  BatchSize: z.number().int().min(1).max(10_000).optional(),
  MaximumBatchingWindowInSeconds: z.number().int().min(0).max(300).default(0),
  FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).default([]),
};
const queueOnly = {
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number().int().min(2).max(1_000) }).optional(),
};
const streamOnly = {
  StartingPosition: z.enum(["TRIM_HORIZON", "LATEST"]).optional(),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(), // not for a queue: there a filter deletes what does not match
  BisectBatchOnFunctionError: z.boolean().optional(),
  MaximumRetryAttempts: z.number().int().min(-1).max(10_000).optional(),
  MaximumRecordAgeInSeconds: z.number().int().min(-1).max(604_800).optional(),
  ParallelizationFactor: z.number().int().min(1).max(10).optional(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }) }).optional(),
};
const properties = z.strictObject({ ...shared, ...queueOnly, ...streamOnly });
type Properties = z.output<typeof properties>;

export const EventSourceMapping = family({
  type: "AWS::Lambda::EventSourceMapping",
  properties,
  harmless: ["KmsKeyArn", "LoggingConfig", "MetricsConfig", "Tags"],
  create,
});

async function create(given: Properties, site: Site): Promise<Created> {
  const { EventSourceArn } = given;
  const queueUrl = site.deployed.queueUrlsByArn.get(EventSourceArn);
  requireReading(given, queueUrl ? READING_QUEUES : READING_STREAMS, site);
  if (queueUrl) mapQueue(given, queueUrl, site);
  else if (site.deployed.partitionKeysByStreamArn.has(EventSourceArn)) mapStream(given, site);
  else {
    throw new NotUnderstood(
      `EventSourceArn: must be a queue or a table's stream of this app, got ${EventSourceArn}`,
    );
  }
  return { ref: site.path, attributes: { Id: site.path } };
}

/** Lambda looks at the role when the mapping is created, and creates none without these. */
function requireReading(given: Properties, actions: readonly string[], site: Site): void {
  const { EventSourceArn, FunctionName, DestinationConfig } = given;
  const { roleArn } = functionOf("FunctionName", FunctionName, site);
  const destination = DestinationConfig?.OnFailure.Destination;
  site.deployed.requiredPermissions.push({
    path: site.path,
    what: "Lambda reads the event source",
    service: "lambda.amazonaws.com",
    roleArn,
    accesses: [
      ...actions.map((action) => ({ action, resource: inOurRegion(EventSourceArn) })),
      ...(destination ? [{ action: "sqs:SendMessage", resource: destination }] : []),
    ],
  });
}

function mapQueue(given: Properties, queueUrl: string, site: Site): void {
  refuse(given, Object.keys(streamOnly), "a queue");
  const maximumConcurrency = given.ScalingConfig?.MaximumConcurrency;
  if (!given.Enabled) return;
  site.deployed.sqsMappings.push({
    ...common(given, site),
    queueArn: given.EventSourceArn,
    queueUrl,
    batchSize: given.BatchSize ?? SQS_BATCH_SIZE_DEFAULT,
    ...(maximumConcurrency !== undefined && { maximumConcurrency }),
  });
}

function mapStream(given: Properties, site: Site): void {
  refuse(given, Object.keys(queueOnly), "a stream");
  if (!given.StartingPosition) throw new NotUnderstood("StartingPosition: a stream needs one, got nothing");
  const destination = given.DestinationConfig?.OnFailure.Destination;
  const onFailureQueueUrl = destination && site.deployed.queueUrlsByArn.get(destination);
  if (destination && !onFailureQueueUrl) {
    throw new NotUnderstood(
      `DestinationConfig.OnFailure.Destination: must be a queue of this app, got ${destination}`,
    );
  }
  if (!given.Enabled) return;
  site.deployed.streamMappings.push({
    ...common(given, site),
    streamArn: given.EventSourceArn,
    partitionKey: site.deployed.partitionKeysByStreamArn.get(given.EventSourceArn) ?? "",
    batchSize: given.BatchSize ?? STREAM_BATCH_SIZE_DEFAULT,
    startingPosition: given.StartingPosition,
    filterPatterns: (given.FilterCriteria?.Filters ?? []).map(
      ({ Pattern }) => JSON.parse(Pattern) as unknown,
    ),
    bisectBatchOnFunctionError: given.BisectBatchOnFunctionError ?? false,
    maximumRetryAttempts: given.MaximumRetryAttempts ?? UNTIL_THE_RECORD_EXPIRES,
    maximumRecordAgeSeconds: given.MaximumRecordAgeInSeconds ?? UNTIL_THE_RECORD_EXPIRES,
    parallelizationFactor: given.ParallelizationFactor ?? 1,
    ...(onFailureQueueUrl && { onFailureQueueUrl }),
  });
}

function common(given: Properties, site: Site) {
  return {
    path: site.path,
    functionArn: functionOf("FunctionName", given.FunctionName, site).arn,
    batchWindowMs: given.MaximumBatchingWindowInSeconds * 1_000,
    reportBatchItemFailures: given.FunctionResponseTypes.includes("ReportBatchItemFailures"),
  };
}

function refuse(given: Properties, properties: readonly string[], source: string): void {
  const misplaced = properties.filter((property) => property in given);
  if (misplaced.length > 0) throw new NotUnderstood(`${misplaced.join(", ")}: not supported for ${source}`);
}
