import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { grantsOf } from "@essentially-once/testing/policies";
import {
  aConfig,
  propertiesOf,
  signingKeysBeside,
  signingSecretBeside,
  templateOf,
} from "@essentially-once/testing/test-app";
import { Duration, type Stack } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import type { Sizes } from "../../src/config/config.ts";
import { ClaimCheckBucket } from "../../src/constructs/claim-check-bucket.ts";
import { QueueConsumer, type QueueConsumerOptions } from "../../src/constructs/queue-consumer.ts";
import { ServiceTable } from "../../src/constructs/service-table.ts";

const { sizes } = aConfig();
const charge = aContract("charge-bills", { accepts: ["sold", "returned"], publishes: ["charged"] });

function build(stack: Stack, changes: Partial<QueueConsumerOptions> = {}): QueueConsumer {
  const table = (id: string) => new ServiceTable(stack, id, { keepsData: false });
  return new QueueConsumer(stack, "Charge", {
    entry: "credit/reserve-credit.ts",
    contract: charge,
    tables: {
      state: { variable: "BILLS_TABLE", table: table("Bills") },
      evidence: table("Evidence"),
      outbox: table("Outbox"),
    },
    claims: new ClaimCheckBucket(stack, "Claims", { keepsData: false }),
    sizes,
    environment: { COLOUR: "blue" },
    ...changes,
  });
}

describe("a queue consumer", () => {
  let consumer: QueueConsumer | undefined;
  const template = templateOf((stack) => {
    consumer = build(stack);
  });
  const mapping = propertiesOf(template, "AWS::Lambda::EventSourceMapping");
  const lambda = propertiesOf(template, "AWS::Lambda::Function");

  test("G5: answers for each record of a batch", () => {
    expect(mapping.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
  });

  test("takes its batches from its own queue, a bounded number at a time", () => {
    expect(mapping).toMatchObject({
      EventSourceArn: { "Fn::GetAtt": [expect.stringMatching(/^ChargeQueueMessages/), "Arn"] },
      FunctionName: { Ref: expect.stringMatching(/^ChargeFunction/) },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  test("filters nothing: SQS deletes what a filter does not match", () => {
    expect(mapping).not.toHaveProperty("FilterCriteria");
  });

  test("hides messages long enough for its own function", () => {
    expect(propertiesOf(template, "AWS::SQS::Queue", "ChargeQueueMessages").VisibilityTimeout).toBe(
      6 * Number(lambda.Timeout),
    );
  });

  test("tells its function all that it looks up", () => {
    expect(lambda.Environment).toEqual({
      Variables: {
        NODE_OPTIONS: "--enable-source-maps",
        CONTRACT: '{"name":"charge-bills","accepts":["returned","sold"],"publishes":["charged"]}',
        POWERTOOLS_SERVICE_NAME: "charge-bills",
        POWERTOOLS_METRICS_NAMESPACE: "EssentiallyOnce/dev",
        COLOUR: "blue",
        BILLS_TABLE: { Ref: expect.stringMatching(/^Bills/) },
        EVIDENCE_TABLE: { Ref: expect.stringMatching(/^Evidence/) },
        ORDERED_OUTBOX_TABLE: { Ref: expect.stringMatching(/^Outbox/) },
        QUEUE_URL: { Ref: expect.stringMatching(/^ChargeQueueMessages/) },
        DEAD_LETTER_QUEUE_URL: { Ref: expect.stringMatching(/^ChargeQueueDeadLetters/) },
        MAX_RECEIVE_COUNT: "5",
        PARKED_BUCKET: { Ref: expect.stringMatching(/^Claims/) },
      },
    });
  });

  test("may do what it needs on its own queues and tables, and nothing else", () => {
    const grants = grantsOf(template, "ChargeFunctionRole");
    const parked = Object.keys(grants).find((resource) =>
      /"\/parked\/EssentiallyOnce-dev-Test-Charge-Queue-\w+\/\*"/.test(resource),
    );
    expect(grants).toEqual({
      [parked ?? ""]: ["s3:PutObject"],
      "ChargeFunctionLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
      "ChargeQueueMessages.Arn": [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
      ],
      "ChargeQueueDeadLetters.Arn": ["sqs:SendMessage"],
      "Bills.Arn": [
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:GetItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
      ],
      "Evidence.Arn": [
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
      ],
      "Outbox.Arn": ["dynamodb:PutItem"],
    });
  });

  test("says by its contract what it accepts, and where", () => {
    expect(consumer?.subscription).toEqual({ contract: charge, queue: consumer?.redriveQueue.queue });
  });

  test("outputs its queues and the name of its evidence, which is its contract's, whatever construct and file are called", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual([
      "ChargeConsumer",
      "ChargeDeadLetterQueueUrl",
      "ChargeQueueUrl",
      "ClaimCheckBucket",
    ]);
    expect(template.findOutputs("ChargeConsumer")).toMatchObject({
      ChargeConsumer: { Value: "charge-bills" },
    });
  });
});

describe("a FIFO queue consumer", () => {
  const template = templateOf((stack) => build(stack, { fifo: true }));

  test("G4: consumes a FIFO queue, whose mapping has no window", () => {
    expect(propertiesOf(template, "AWS::SQS::Queue", "ChargeQueueMessages").FifoQueue).toBe(true);
    expect(propertiesOf(template, "AWS::Lambda::EventSourceMapping")).not.toHaveProperty(
      "MaximumBatchingWindowInSeconds",
    );
  });

  test("G4: may keep its holds in the evidence table, and parks by its own count", () => {
    expect(grantsOf(template, "ChargeFunctionRole")["Evidence.Arn"]).toEqual([
      "dynamodb:BatchGetItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PartiQLInsert",
      "dynamodb:PartiQLUpdate",
      "dynamodb:PutItem",
      "dynamodb:UpdateItem",
    ]);
    expect(propertiesOf(template, "AWS::Lambda::Function")).toMatchObject({
      Environment: { Variables: { MAX_RECEIVE_COUNT: "5" } },
    });
  });
});

test("G7: a consumer that verifies signatures knows the keys and may read them, and one that does not may not", () => {
  const template = templateOf((stack) => build(stack, { signingKeys: signingKeysBeside(stack) }));
  expect(grantsOf(template, "ChargeFunctionRole")[signingSecretBeside]).toEqual([
    "secretsmanager:GetSecretValue",
  ]);
  expect(propertiesOf(template, "AWS::Lambda::Function")).toMatchObject({
    Environment: { Variables: { SIGNING_SECRET_ARN: { "Fn::ImportValue": signingSecretBeside } } },
  });
  expect(JSON.stringify(templateOf(build).toJSON())).not.toMatch(/secretsmanager|SIGNING/);
});

describe("refused at construction", () => {
  const withSizes = (changes: Partial<Sizes>) => ({ sizes: { ...sizes, ...changes } });

  test.each<[Partial<QueueConsumerOptions>, string]>([
    [withSizes({ maxConcurrency: 1 }), "maxConcurrency must be a whole number from 2 to 1000, got 1"],
    [withSizes({ maxReceiveCount: 3 }), "maxReceiveCount must be a whole number from 5 to 1000, got 3"],
    [withSizes({ batchSize: 0 }), "batchSize must be a whole number from 1 to 10, got 0"],
    [withSizes({ batchSize: 11 }), "batchSize must be a whole number from 1 to 10, got 11"],
    [
      withSizes({ batchSize: 10_001, batchWindow: Duration.seconds(1) }),
      "batchSize must be a whole number from 1 to 10000, got 10001",
    ],
  ])("%o", (changes, message) => {
    expect(() => templateOf((stack) => build(stack, changes))).toThrow(message);
  });

  test("but a batch of more than ten is fine with a window to fill it", () => {
    const template = templateOf((stack) =>
      build(stack, withSizes({ batchSize: 100, batchWindow: Duration.seconds(1) })),
    );
    expect(propertiesOf(template, "AWS::Lambda::EventSourceMapping")).toMatchObject({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
    });
  });
});
