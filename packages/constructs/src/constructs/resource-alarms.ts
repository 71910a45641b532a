// Alarms of every function and every table.

import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { alarmPeriod, type Counted, serviceMetric } from "../config/service-metrics.ts";
import type { AlarmList } from "./alarm-list.ts";
import type { NodeFunction } from "./node-function.ts";
import type { ServiceTable } from "./service-table.ts";

/** Share of the function's timeout. Lambda cuts off an invocation that reaches the timeout, and its messages are redelivered. */
const durationShareMax = 0.8;

export function alarmOnFunction(list: AlarmList, watched: NodeFunction, counted: Counted): void {
  const subject = watched;
  list.further({
    kind: "errors",
    subject,
    metric: watched.metricErrors({ period: alarmPeriod }),
    rings: { above: 0 },
    periods: 3, // one failure is what redelivery is for
  });
  list.further({
    kind: "errors-logged",
    subject,
    metric: serviceMetric(counted, metricNames.errorsLogged),
    rings: { above: 0 },
  });
  list.further({
    kind: "throttles",
    subject,
    metric: watched.metricThrottles({ period: alarmPeriod }),
    rings: { above: 0 },
  });
  if (watched.timeout === undefined) return;
  list.further({
    kind: "duration",
    subject,
    metric: watched.metricDuration({ statistic: "p99", period: alarmPeriod }),
    rings: { above: durationShareMax * watched.timeout.toMilliseconds() },
    periods: 3,
  });
}

/** Conflicts are retried: a number of them costs time and money, and says that items are too hot. */
const conflictsMax = 100;

export function alarmOnTable(list: AlarmList, watched: ServiceTable): void {
  const subject = watched;
  list.further({
    kind: "conflicts",
    subject,
    metric: tableMetric(watched, "TransactionConflict"),
    rings: { above: conflictsMax },
    periods: 3,
  });
  list.further({
    kind: "throttles",
    subject,
    metric: new MathExpression({
      expression: "FILL(reads, 0) + FILL(writes, 0)", // a sum is missing when one of its parts is
      label: "throttled reads and writes",
      usingMetrics: {
        reads: tableMetric(watched, "ReadThrottleEvents"),
        writes: tableMetric(watched, "WriteThrottleEvents"),
      },
      period: alarmPeriod,
    }),
    rings: { above: 0 },
    periods: 3,
  });
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html */
export function tableMetric(table: ServiceTable, metricName: string): Metric {
  return new Metric({
    namespace: "AWS/DynamoDB",
    metricName,
    dimensionsMap: { TableName: table.tableName },
    statistic: "Sum",
    period: alarmPeriod,
  });
}
