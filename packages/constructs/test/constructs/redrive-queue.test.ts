import { propertiesOf, resourceOf, templateOf } from "@essentially-once/testing/test-app";
import { Duration } from "aws-cdk-lib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  RedriveQueue,
  type RedriveQueueOptions,
  visibilityTimeout,
} from "../../src/constructs/redrive-queue.ts";

const options: RedriveQueueOptions = {
  functionTimeout: Duration.seconds(5),
  batchWindow: Duration.seconds(2),
  maxReceiveCount: 7,
  keepsData: false,
};

function template(changes: Partial<RedriveQueueOptions> = {}) {
  return templateOf((stack) => new RedriveQueue(stack, "Orders", { ...options, ...changes }));
}

describe("a redrive queue", () => {
  const built = template();
  const source = propertiesOf(built, "AWS::SQS::Queue", "OrdersMessages");
  const deadLetters = propertiesOf(built, "AWS::SQS::Queue", "OrdersDeadLetters");

  test("hides a received message for six function timeouts and one batching window", () => {
    expect(source.VisibilityTimeout).toBe(6 * 5 + 2);
  });

  test("G6: lets SQS move only what its consumer could not park: it counts attempts, and waits are none", () => {
    expect(source.RedrivePolicy).toEqual({
      deadLetterTargetArn: { "Fn::GetAtt": [expect.stringMatching(/^OrdersDeadLetters/), "Arn"] },
      maxReceiveCount: 1000,
    });
  });

  test("G6: lets SQS count for a handler without the kit, which does not park", () => {
    const counted = propertiesOf(template({ countedBy: "queue" }), "AWS::SQS::Queue", "OrdersMessages");
    expect(counted.RedrivePolicy).toMatchObject({ maxReceiveCount: 7 });
  });

  test("G3: has a name by which the relay may send to it, whatever the name of its stack", () => {
    const named = propertiesOf(template({ stackPrefix: "Shop-dev-" }), "AWS::SQS::Queue", "OrdersMessages");
    expect(named.QueueName).toMatch(/^Shop-dev-Test-Orders-/);
    expect(source.QueueName).toMatch(/^Test-Orders-/);
  });

  test("lets no other queue use its dead-letter queue", () => {
    const arn = [
      "arn:",
      { Ref: "AWS::Partition" },
      ":sqs:",
      { Ref: "AWS::Region" },
      ":",
      { Ref: "AWS::AccountId" },
    ];
    expect(deadLetters.RedriveAllowPolicy).toEqual({
      redrivePermission: "byQueue",
      sourceQueueArns: [{ "Fn::Join": ["", [...arn, `:${source.QueueName}`]] }],
    });
  });

  test("names its source after the stack and the path, and nothing else", () => {
    expect(source.QueueName).toMatch(/^Test-Orders-[0-9A-F]{8}$/);
    expect(deadLetters).not.toHaveProperty("QueueName");
  });

  test("has a dead-letter queue of the same kind", () => {
    for (const queue of [source, deadLetters]) {
      expect(queue.SqsManagedSseEnabled).toBe(true);
      expect(queue.FifoQueue).toBeUndefined();
    }
  });

  test("G6: keeps dead letters for 14 days, longer than messages", () => {
    expect(deadLetters.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(source.MessageRetentionPeriod).toBe(4 * 86_400);
  });

  test("refuses requests without TLS, at both queues", () => {
    const policies = Object.values(built.findResources("AWS::SQS::QueuePolicy"));
    const guarded = policies.flatMap((policy) =>
      policy.Properties.Queues.map((queue: { Ref: string }) => queue.Ref),
    );
    expect(guarded.sort()).toEqual(Object.keys(built.findResources("AWS::SQS::Queue")).sort());
    for (const policy of policies) {
      expect(policy.Properties.PolicyDocument.Statement).toEqual([
        expect.objectContaining({
          Effect: "Deny",
          Action: "sqs:*",
          Principal: { AWS: "*" },
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      ]);
    }
  });
});

test.each([
  [false, "Delete"],
  [true, "RetainExceptOnCreate"],
])("what is in both queues outlives the stack: %s", (keepsData, deletionPolicy) => {
  const built = template({ keepsData });
  expect(resourceOf(built, "AWS::SQS::Queue", "OrdersMessages").DeletionPolicy).toBe(deletionPolicy);
  expect(resourceOf(built, "AWS::SQS::Queue", "OrdersDeadLetters").DeletionPolicy).toBe(deletionPolicy);
});

test("a visibility timeout is never shorter than the rule, nor longer than the 12 hours that SQS allows", () => {
  const seconds = fc.record({ functionTimeout: fc.integer({ min: 1, max: 900 }), batchWindow: fc.nat(300) });
  fc.assert(
    fc.property(seconds, ({ functionTimeout, batchWindow }) => {
      const hidden = visibilityTimeout({
        functionTimeout: Duration.seconds(functionTimeout),
        batchWindow: Duration.seconds(batchWindow),
      }).toSeconds();
      expect(hidden - batchWindow).toBe(functionTimeout * 6);
      expect(hidden).toBeLessThanOrEqual(12 * 3600);
    }),
  );
});

describe("a FIFO redrive queue", () => {
  const built = template({ fifo: true, batchWindow: Duration.seconds(0) });
  const source = propertiesOf(built, "AWS::SQS::Queue", "OrdersMessages");
  const deadLetters = propertiesOf(built, "AWS::SQS::Queue", "OrdersDeadLetters");

  test("G4: both queues keep the order of each group, at high throughput", () => {
    for (const queue of [source, deadLetters]) {
      expect(queue).toMatchObject({
        FifoQueue: true,
        DeduplicationScope: "messageGroup",
        FifoThroughputLimit: "perMessageGroupId",
      });
    }
    expect(source.QueueName).toMatch(/^Test-Orders-[0-9A-F]{8}\.fifo$/);
  });

  test("G4: SQS itself moves no message away that the consumer could have parked", () => {
    expect(source.RedrivePolicy).toMatchObject({ maxReceiveCount: 1000 });
  });

  test("has no batching window", () => {
    expect(() => template({ fifo: true })).toThrow("batchWindow must be 0 for a FIFO queue, got 2 seconds");
  });
});

describe("refused at construction", () => {
  test.each<[Partial<RedriveQueueOptions>, string]>([
    [{ maxReceiveCount: 4 }, "maxReceiveCount must be a whole number from 5 to 1000, got 4"],
    [{ maxReceiveCount: 1001 }, "maxReceiveCount must be a whole number from 5 to 1000, got 1001"],
    [{ functionTimeout: Duration.seconds(0) }, "functionTimeout must be whole seconds from 1 to 900, got 0"],
    [
      { functionTimeout: Duration.minutes(16) },
      "functionTimeout must be whole seconds from 1 to 900, got 960",
    ],
    [{ batchWindow: Duration.seconds(301) }, "batchWindow must be whole seconds from 0 to 300, got 301"],
    [{ retention: Duration.seconds(59) }, "retention must be whole seconds from 60 to 864000, got 59"],
    [{ retention: Duration.days(14) }, "retention must be whole seconds from 60 to 864000, got 1209600"],
  ])("%o", (changes, message) => {
    expect(() => template(changes)).toThrow(message);
  });
});
