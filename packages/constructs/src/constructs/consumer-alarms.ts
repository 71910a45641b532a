// Alarms of one consumer: its dead letters, the messages that wait in its queue, and its own metrics.
//
//   G6. Nothing is dropped silently: a dead letter raises an alarm in every stage.

import { limitMetrics } from "@essentially-once/messaging/internal/core/limit-metrics";
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { alarmPeriod, type Counted, serviceMetric } from "../config/service-metrics.ts";
import type { AlarmList } from "./alarm-list.ts";
import type { QueueConsumer } from "./queue-consumer.ts";

export function alarmOnConsumer(list: AlarmList, consumer: QueueConsumer, counted: Counted): void {
  const subject = consumer;
  const { queue, deadLetterQueue } = consumer.redriveQueue;
  list.essential({
    kind: "dead-letters",
    subject,
    // Parking and redriving are not in NumberOfMessagesSent, so the depth it is.
    metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({
      statistic: "Maximum",
      period: alarmPeriod,
    }),
    rings: { above: 0 },
  });
  list.essential({
    kind: "oldest-message",
    subject,
    metric: queue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period: alarmPeriod }),
    rings: { above: oldestMessageAge.toSeconds() }, // of messages received less than three times; the others see below
  });
  list.further({
    kind: "waiting",
    subject,
    metric: serviceMetric(counted, metricNames.waitedSeconds, { statistic: "Maximum" }),
    rings: { above: oldestMessageAge.toSeconds() },
  });
  list.further({ kind: "stopped", subject, metric: stopped(consumer), rings: { above: 0 }, periods: 3 });
  if (consumer.limits.length > 0) alarmOnLimits(list, consumer, counted);
  list.further({
    kind: "parked",
    subject,
    metric: serviceMetric(counted, metricNames.parked),
    rings: { above: parkedMax },
  });
  list.further({
    kind: "in-doubt",
    subject,
    metric: serviceMetric(counted, metricNames.inDoubt),
    rings: { above: 0 },
  });
  list.further({
    kind: "duplicates",
    subject,
    metric: duplicatePercentage(counted),
    rings: { above: duplicatePercentageMax },
    periods: 3,
  });
  list.further({
    kind: "runaway",
    subject,
    metric: queue.metricNumberOfMessagesReceived({ statistic: "Sum", period: alarmPeriod }),
    rings: { above: consumer.receivesPerMinuteMax * alarmPeriod.toMinutes() },
    periods: 3, // a burst is over by then
  });
  list.further({
    kind: "recursion",
    subject,
    metric: new Metric({
      namespace: "AWS/Lambda",
      metricName: "RecursiveInvocationsDropped", // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      dimensionsMap: { FunctionName: consumer.function.functionName },
      statistic: "Sum",
      period: alarmPeriod,
    }),
    rings: { above: 0 },
  });
}

/** Another company's API is down, or slower than the messages come in: nothing is lost, but somebody should know. */
function alarmOnLimits(list: AlarmList, subject: QueueConsumer, counted: Counted): void {
  const { rateAheadSeconds, breakerOpenSeconds } = limitMetrics;
  for (const [kind, metricName] of [
    ["rate-behind", rateAheadSeconds],
    ["breaker-open", breakerOpenSeconds],
  ] as const) {
    const metric = serviceMetric(counted, metricName, { statistic: "Maximum" });
    list.further({ kind, subject, metric, rings: { above: oldestMessageAge.toSeconds() } });
  }
}

/** Paused, or its mapping is gone: a function that does not run counts nothing itself. */
function stopped({ redriveQueue: { queue }, function: consumer }: QueueConsumer): MathExpression {
  return new MathExpression({
    expression: "IF(FILL(visible, 0) > 0 AND FILL(invocations, 0) == 0, 1, 0)",
    label: "messages and no invocation",
    usingMetrics: {
      visible: queue.metricApproximateNumberOfMessagesVisible({ statistic: "Minimum", period: alarmPeriod }),
      invocations: consumer.metricInvocations({ statistic: "Sum", period: alarmPeriod }),
    },
    period: alarmPeriod,
  });
}

const oldestMessageAge = Duration.minutes(15);

/** One poison rings as a dead letter; so many at once are a release, or a producer, gone wrong. */
const parkedMax = 10;

const duplicatePercentageMax = 20;
/** A few messages make no percentage. */
const messagesMin = 100;

function duplicatePercentage(counted: Counted): MathExpression {
  const all = "FILL(duplicates, 0) + FILL(processed, 0)"; // a sum is missing when one of its parts is
  return new MathExpression({
    expression: `IF(${all} > ${messagesMin}, 100 * FILL(duplicates, 0) / (${all}), 0)`,
    label: "duplicates in %",
    usingMetrics: {
      duplicates: serviceMetric(counted, metricNames.duplicateAbsorbed),
      processed: serviceMetric(counted, metricNames.processed),
    },
    period: alarmPeriod,
  });
}
