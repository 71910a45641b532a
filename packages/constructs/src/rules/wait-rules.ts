// Waits use up receives and time, but no attempts. The consumer parks a message that waited too long with its reason, before
// SQS forgets it or moves it without one: docs/waiting.md has the arithmetic, and `receives-left` the receives.
//
//   G6. A message that waits can neither reach the dead-letter queue without a reason, nor expire in its queue.
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { lastTryShare } from "@essentially-once/messaging/internal/core/retry";
import { metricAlarms } from "./alarm-rules.ts";
import { retentionDefault } from "./queue-rules.ts";
import { finding, type Rule } from "./rule.ts";
import { consumedQueues, numberAt, variableOf } from "./wiring.ts";

const visibilityTimeoutDefault = 30;

export const waitRules: readonly Rule[] = [
  {
    id: "last-try",
    demand:
      "the last try of a waiting message comes when an eighth of the retention is left; if its process dies and the visibility timeout is longer, the message expires unseen",
    check: (templates) =>
      [...consumedQueues(templates)].flatMap(([queue, mappings]) => {
        if (!mappings.some(({ function: consumer }) => isOfKit(consumer))) return [];
        const leftSeconds = numberAt(queue, "MessageRetentionPeriod", retentionDefault) * (1 - lastTryShare);
        const hidden = numberAt(queue, "VisibilityTimeout", visibilityTimeoutDefault);
        if (hidden <= leftSeconds) return [];
        const needed = Math.ceil(hidden / (1 - lastTryShare));
        return [
          finding(queue, "MessageRetentionPeriod", `at least ${needed} seconds, 8 visibility timeouts`),
        ];
      }),
  },
  {
    id: "waiting-alarm",
    // SQS's own age metric leaves out messages that were received three times.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    demand: "in production an alarm must report messages that keep waiting, before they are parked for it",
    check: (templates) =>
      !templates.keepsData
        ? []
        : [...consumedQueues(templates)].flatMap(([queue, mappings]) =>
            mappings.flatMap(({ function: consumer }) => {
              if (consumer === undefined || !isOfKit(consumer)) return [];
              const mustRingAt = numberAt(queue, "MessageRetentionPeriod", retentionDefault) / 2;
              const service = variableOf(consumer, "POWERTOOLS_SERVICE_NAME");
              return metricAlarms(templates, { metric: metricNames.waitedSeconds, service, mustRingAt })
                ? []
                : [
                    {
                      ...finding(
                        consumer,
                        `Alarm on ${metricNames.waitedSeconds}`,
                        "name its stack in `watched` of OperationsStack",
                      ),
                      value: undefined,
                    },
                  ];
            }),
          ),
  },
];

function isOfKit(consumer: Parameters<typeof variableOf>[0]): boolean {
  return variableOf(consumer, "MAX_RECEIVE_COUNT") !== undefined;
}
