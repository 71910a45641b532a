// Alarms of publisher and sweeper: what was committed and does not leave.
//
//   G3. A committed message is sent; these say when it takes long.
import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { metricNames } from "../../functions/messaging/metric-names.ts";
import { alarmPeriod, type Counted, serviceMetric } from "../service-metrics.ts";
import type { AlarmList } from "./alarm-list.ts";
import type { OutboxPublisher } from "./outbox-publisher.ts";

export function alarmOnPublisher(list: AlarmList, publisher: OutboxPublisher): void {
  const subject = publisher.node.id;
  list.essential({
    kind: "stream-behind",
    subject,
    metric: iteratorAge(publisher),
    above: delayMax.toMilliseconds(),
  });
  list.essential({
    kind: "stream-failures",
    subject,
    metric: publisher.failureQueue.metricApproximateNumberOfMessagesVisible({
      statistic: "Maximum",
      period: alarmPeriod,
    }),
    above: 0,
  });
}

/** The sweeper counts what it finds each minute, so it also says so when the stream is dead. */
export function alarmOnOutbox(list: AlarmList, sweeper: Counted): void {
  list.essential({
    kind: "outbox-age",
    subject: "Outbox",
    metric: serviceMetric(sweeper, metricNames.outboxAgeSeconds, { statistic: "Maximum" }),
    above: delayMax.toSeconds(),
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
