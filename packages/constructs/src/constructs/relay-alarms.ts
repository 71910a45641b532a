// Alarms of publisher, sweeper and dispatcher.
//
//   G3. A committed message is sent; these alarms notify when it takes too long.

import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { alarmPeriod, type Counted, serviceMetric } from "../config/service-metrics.ts";
import type { AlarmList } from "./alarm-list.ts";
import { alarmOnQueues } from "./consumer-alarms.ts";
import type { OutboxPublisher } from "./outbox-publisher.ts";
import type { OutboxSweeper } from "./outbox-sweeper.ts";
import type { ScheduleDispatcher } from "./schedule-dispatcher.ts";

export function alarmOnPublisher(list: AlarmList, publisher: OutboxPublisher): void {
  const subject = publisher;
  list.essential({
    kind: "stream-behind",
    subject,
    metric: iteratorAge(publisher),
    rings: { above: delayMax.toMilliseconds() },
  });
  list.essential({
    kind: "stream-failures",
    subject,
    metric: publisher.failureQueue.metricApproximateNumberOfMessagesVisible({
      statistic: "Maximum",
      period: alarmPeriod,
    }),
    rings: { above: 0 },
  });
}

export function alarmOnSweeper(list: AlarmList, subject: OutboxSweeper, counted: Counted): void {
  list.essential({
    kind: "outbox-age",
    subject,
    metric: serviceMetric(counted, metricNames.outboxAgeSeconds, { statistic: "Maximum" }),
    rings: { above: delayMax.toSeconds() },
  });
  list.essential({
    kind: "sweeper-silent",
    subject,
    metric: subject.function.metricInvocations({ period: alarmPeriod }),
    rings: { below: 1 },
    periods: 3,
  });
}

export function alarmOnDispatcher(list: AlarmList, subject: ScheduleDispatcher, counted: Counted): void {
  alarmOnQueues(list, subject, subject.wakeUps);
  list.essential({
    kind: "schedule-age",
    subject,
    metric: serviceMetric(counted, metricNames.scheduleAgeSeconds, { statistic: "Maximum" }),
    rings: { above: delayMax.toSeconds() },
  });
  list.essential({
    kind: "dispatcher-silent",
    subject,
    metric: subject.function.metricInvocations({ period: alarmPeriod }),
    rings: { below: 1 },
    periods: 3,
  });
}

export function iteratorAge({ function: { functionName } }: OutboxPublisher): Metric {
  return new Metric({
    namespace: "AWS/Lambda",
    metricName: "IteratorAge",
    dimensionsMap: { FunctionName: functionName },
    statistic: "Maximum",
    period: alarmPeriod,
  });
}

/** The sweeper needs a few runs after the stream has failed. */
const delayMax = Duration.minutes(5);
