// The metrics that functions publish themselves, for alarms and the dashboard.

import type { LimitMetricName } from "@essentially-once/messaging/internal/core/limit-metrics";
import { type MetricName, serviceDimension } from "@essentially-once/messaging/internal/core/metric-names";
import { Duration } from "aws-cdk-lib";
import { Metric, type MetricOptions } from "aws-cdk-lib/aws-cloudwatch";

/** One period for all alarms: a shorter one costs more and notifies of faults that retries repair. */
export const alarmPeriod = Duration.minutes(5);

export interface Counted {
  readonly metricNamespace: string;
  readonly service: string;
}

export function serviceMetric(
  { metricNamespace, service }: Counted,
  metricName: MetricName | LimitMetricName,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: metricNamespace,
    metricName,
    dimensionsMap: { [serviceDimension]: service },
    statistic: "Sum",
    period: alarmPeriod,
    ...options,
  });
}
