import { grantsOf } from "@essentially-once/testing/policies";
import {
  aConfig,
  propertiesOf,
  signingKeysBeside,
  signingSecretBeside,
  templateOf,
} from "@essentially-once/testing/test-app";
import { AttributeType, StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import { OutboxPublisher } from "../../src/constructs/outbox-publisher.ts";
import { ServiceTable } from "../../src/constructs/service-table.ts";

const { sizes } = aConfig();

let outboxMapping: Record<string, unknown>;

describe("the outbox publisher", () => {
  const template = templateOf((stack) => {
    const outbox = new ServiceTable(stack, "Outbox", { keepsData: false, stream: StreamViewType.NEW_IMAGE });
    const journal = new ServiceTable(stack, "Journal", {
      keepsData: false,
      sortKey: { name: "sequence", type: AttributeType.NUMBER },
    });
    const signingKeys = signingKeysBeside(stack);
    new OutboxPublisher(stack, "Publish", {
      outbox,
      journal,
      signingKeys,
      sizes,
    });
  });
  const mapping = propertiesOf(template, "AWS::Lambda::EventSourceMapping");
  outboxMapping = mapping;
  const failures = propertiesOf(template, "AWS::SQS::Queue", "PublishFailureQueue");

  test("G3: reads the outbox's stream from its oldest record, so that none is skipped while the mapping starts", () => {
    expect(mapping.StartingPosition).toBe("TRIM_HORIZON");
    expect(mapping.EventSourceArn).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Outbox/), "StreamArn"] });
  });

  test("sees inserts only, not its own deletes", () => {
    const { Filters: filters } = mapping.FilterCriteria as { Filters: { Pattern: string }[] };
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([{ eventName: ["INSERT"] }]);
  });

  test("G5: a bad record is isolated, and what went before it is not sent again", () => {
    expect(mapping.BisectBatchOnFunctionError).toBe(true);
    expect(mapping.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
  });

  test("G11: gives up on a record after a bounded number of attempts, and before the stream forgets it", () => {
    expect(mapping.MaximumRetryAttempts).toBe(10);
    expect(mapping.MaximumRecordAgeInSeconds).toBeGreaterThan(0);
    expect(mapping.MaximumRecordAgeInSeconds).toBeLessThan(24 * 3600);
  });

  test("keeps the order of a shard: one batch of it at a time", () => {
    expect(mapping.ParallelizationFactor ?? 1).toBe(1);
  });

  test("G6: reports what it gave up to a queue: encrypted, TLS only, kept for 14 days", () => {
    expect(mapping.DestinationConfig).toEqual({
      OnFailure: { Destination: { "Fn::GetAtt": [expect.stringMatching(/^PublishFailureQueue/), "Arn"] } },
    });
    expect(failures).toEqual({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 86_400 });
    expect(propertiesOf(template, "AWS::SQS::QueuePolicy", "PublishFailureQueue")).toMatchObject({
      PolicyDocument: {
        Statement: [
          { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
          { Effect: "Deny", Action: "sqs:SendMessage" }, // by others than the publisher
        ],
      },
    });
    expect(template.findOutputs("*")).toHaveProperty("PublishFailureQueueUrl");
  });

  test("knows the outbox, and where every route is registered", () => {
    const { Variables: variables } = propertiesOf(template, "AWS::Lambda::Function").Environment as {
      Variables: Record<string, unknown>;
    };
    expect(variables.REGISTRY_PATH).toBe("/essentially-once/dev/contracts");
    expect(variables.JOURNAL_TABLE).toEqual({ Ref: expect.stringMatching(/^Journal/) });
    expect(variables.ORDERED_OUTBOX_TABLE).toEqual({ Ref: expect.stringMatching(/^Outbox/) });
  });

  test("may append to the journal, sign, send to the queues of the stage and delete what was sent; of the outbox it may read a key's rows, and note those it could not send", () => {
    expect(grantsOf(template, "PublishFunctionRole")).toEqual({
      "PublishFunctionLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
      "Outbox.Arn": ["dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:UpdateItem"],
      "Journal.Arn": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"],
      "Outbox.StreamArn": [
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
      ],
      "sqs:EssentiallyOnce-dev-*": ["sqs:SendMessage"],
      "ssm:parameter/essentially-once/dev/contracts": ["ssm:GetParametersByPath"],
      "PublishFailureQueue.Arn": ["sqs:SendMessage"],
      [signingSecretBeside]: ["secretsmanager:GetSecretValue"],
    });
  });
});

describe("the outbox publisher of a table with messages inline", () => {
  const template = templateOf((stack) => {
    const outbox = new ServiceTable(stack, "Outbox", { keepsData: false, stream: StreamViewType.NEW_IMAGE });
    const orders = new ServiceTable(stack, "Orders", {
      keepsData: false,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    new OutboxPublisher(stack, "Publish", {
      outbox,
      journal: outbox,
      signingKeys: signingKeysBeside(stack),
      sizes,
      inline: { table: orders, service: "orders" },
    });
  });
  const mapping = propertiesOf(template, "AWS::Lambda::EventSourceMapping");

  test("G3: reads that table's stream as it reads the outbox's", () => {
    const {
      EventSourceArn: _own,
      FilterCriteria: _filter,
      MaximumRetryAttempts: _attempts,
      ...ofOutbox
    } = outboxMapping;
    expect(mapping).toMatchObject(ofOutbox);
    expect(mapping.EventSourceArn).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Orders/), "StreamArn"] });
  });

  test("G3: tries a record for as long as it lives, because no sweeper would find its messages", () => {
    expect(mapping.MaximumRetryAttempts).toBe(10_000);
  });

  test("sees only items that carry messages", () => {
    const { Filters: filters } = mapping.FilterCriteria as { Filters: { Pattern: string }[] };
    expect(filters.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      { dynamodb: { NewImage: { eo_outbox_id: { S: [{ exists: true }] } } } },
    ]);
  });

  test("G3: may keep in the outbox what it cannot send", () => {
    expect(grantsOf(template, "PublishFunctionRole")["Outbox.Arn"]).toContain("dynamodb:PutItem");
  });

  test("a table without both images is refused at construction", () => {
    expect(() =>
      templateOf((stack) => {
        const outbox = new ServiceTable(stack, "Outbox", {
          keepsData: false,
          stream: StreamViewType.NEW_IMAGE,
        });
        const signingKeys = signingKeysBeside(stack);
        const access = { outbox, journal: outbox, signingKeys };
        new OutboxPublisher(stack, "Publish", {
          ...access,
          sizes,
          inline: { table: outbox, service: "orders" },
        });
      }),
    ).toThrow("inline must be a table with a stream of NEW_AND_OLD_IMAGES, got Test/Outbox with NEW_IMAGE");
  });
});

test.each([
  [undefined, "none"],
  [StreamViewType.KEYS_ONLY, "KEYS_ONLY"],
])("an outbox with stream %o is refused at construction", (stream, named) => {
  expect(() =>
    templateOf((stack) => {
      const outbox = new ServiceTable(stack, "Outbox", { keepsData: false, ...(stream && { stream }) });
      const signingKeys = signingKeysBeside(stack);
      const access = { outbox, journal: outbox, signingKeys };
      new OutboxPublisher(stack, "Publish", { ...access, sizes });
    }),
  ).toThrow(`outbox must be a table with a stream of NEW_IMAGE, got Test/Outbox with ${named}`);
});
