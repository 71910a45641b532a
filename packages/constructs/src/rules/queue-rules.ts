// Queues that a function consumes: their visibility timeout is long enough, maxReceiveCount is high enough, and each has a
// dead-letter queue with a longer retention.
//
//   G6. A message that cannot be processed is kept in a queue of the same type, longer than its own queue would keep it.
import { deadLetterRetentionDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, consumedQueues, deadLettersOf, isTrue, numberAt } from "./wiring.ts";

const day = 86_400;

// What an absent property means:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html
const visibilityTimeoutDefault = 30;
export const retentionDefault = 4 * day;
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
const functionTimeoutDefault = 3;

const receivesMin = 5;
/** A message whose process died comes back after that. */
const hiddenSecondsMax = 1_800;

export const queueRules: readonly Rule[] = [
  {
    id: "visibility-timeout",
    // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    demand:
      "the visibility timeout must be at least 6 times the function's timeout plus the batching window, or a second copy runs beside the first",
    check: (templates) =>
      [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
        mappings.flatMap(({ mapping, function: consumer }) => {
          if (consumer === undefined) return [];
          const timeout = numberAt(consumer, "Timeout", functionTimeoutDefault);
          const needed = 6 * timeout + numberAt(mapping, "MaximumBatchingWindowInSeconds", 0);
          const hidden = numberAt(queue, "VisibilityTimeout", visibilityTimeoutDefault);
          if (hidden >= needed && hidden <= Math.max(needed, hiddenSecondsMax)) return [];
          const remedy =
            hidden > needed
              ? `at most ${Math.max(needed, hiddenSecondsMax)} seconds, or a message is redelivered that late when its process dies`
              : `at least ${needed} seconds, because the timeout of ${consumer.path} is ${timeout}`;
          return [finding(queue, "VisibilityTimeout", remedy)];
        }),
      ),
  },
  {
    id: "max-receive-count",
    demand: `throttled receives count too: below ${receivesMin}, healthy messages are dead-lettered`,
    check: (templates) =>
      consumed(templates, (queue) =>
        at(queue, "RedrivePolicy") === undefined ||
        numberAt(queue, "RedrivePolicy.maxReceiveCount", 0) >= receivesMin
          ? []
          : [finding(queue, "RedrivePolicy.maxReceiveCount", `${receivesMin} to 1000`)],
      ),
  },
  {
    id: "dead-letter-queue",
    demand:
      "without a dead-letter queue of this app, a message that always fails is redelivered until it expires",
    check: (templates) =>
      consumed(templates, (queue) =>
        deadLettersOf(templates, queue)
          ? []
          : [finding(queue, "RedrivePolicy.deadLetterTargetArn", "name a queue of its own")],
      ),
  },
  {
    id: "dead-letter-kind",
    demand: "a queue and its dead-letter queue must both be FIFO or both be standard",
    check: (templates) =>
      withDeadLetters(templates, (queue, deadLetters) =>
        isTrue(at(queue, "FifoQueue")) === isTrue(at(deadLetters, "FifoQueue"))
          ? []
          : [finding(deadLetters, "FifoQueue", `the same as that of ${queue.path}`)],
      ),
  },
  {
    id: "dead-letter-retention",
    demand:
      "dead letters must be kept as long as SQS allows: their retention counts from when they were first sent",
    check: (templates) =>
      withDeadLetters(templates, (_, deadLetters) =>
        numberAt(deadLetters, "MessageRetentionPeriod", retentionDefault) === deadLetterRetentionDays * day
          ? []
          : [finding(deadLetters, "MessageRetentionPeriod", `${deadLetterRetentionDays * day} seconds`)],
      ),
  },
  {
    id: "source-retention",
    demand:
      "a queue must keep messages for less time than its dead-letter queue, or a late dead letter expires unread",
    check: (templates) =>
      withDeadLetters(templates, (queue, deadLetters) => {
        const kept = numberAt(deadLetters, "MessageRetentionPeriod", retentionDefault);
        if (numberAt(queue, "MessageRetentionPeriod", retentionDefault) < kept) return [];
        return [
          finding(queue, "MessageRetentionPeriod", `less than the ${kept} seconds of ${deadLetters.path}`),
        ];
      }),
  },
  {
    id: "redrive-allow-policy",
    demand:
      "only its own queue may use this dead-letter queue, or a redrive sends messages to the wrong consumer",
    check: (templates) =>
      withDeadLetters(templates, (queue, deadLetters) => {
        const sources = at(deadLetters, "RedriveAllowPolicy.sourceQueueArns");
        const allowed = Array.isArray(sources) ? sources.map((source) => templates.referredTo(source)) : [];
        const byQueue = at(deadLetters, "RedriveAllowPolicy.redrivePermission") === "byQueue";
        if (byQueue && allowed.length === 1 && allowed[0] === queue) return [];
        return [
          finding(
            deadLetters,
            "RedriveAllowPolicy",
            `redrivePermission byQueue, and the ARN of ${queue.path} alone`,
          ),
        ];
      }),
  },
];

function consumed(templates: Templates, check: (queue: Resource) => Finding[]): Finding[] {
  return [...consumedQueues(templates).keys()].flatMap(check);
}

function withDeadLetters(
  templates: Templates,
  check: (queue: Resource, deadLetters: Resource) => Finding[],
): Finding[] {
  return consumed(templates, (queue) => {
    const deadLetters = deadLettersOf(templates, queue);
    return deadLetters ? check(queue, deadLetters) : [];
  });
}
