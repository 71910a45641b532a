// The metrics of the functions, in CloudWatch's embedded metric format: one log line per invocation, from which
// CloudWatch makes metrics. It costs no request.
//
//   https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
import { nowMs } from "../core/clock.ts";
import type { LimitMetricName } from "../core/limit-metrics.ts";
import { type MetricName, metricNames, metricNamespace, serviceDimension } from "../core/metric-names.ts";
import { type LogLevel, writeLine } from "./log-line.ts";
import { currentInvocation, currentMessage, type Invocation } from "./scope.ts";

/** Adds to a metric of this invocation; outside of one nothing is counted. */
export function count(name: MetricName | LimitMetricName, value = 1): void {
  const invocation = currentInvocation();
  if (invocation === undefined) return;
  record(invocation, name, (invocation.counts.get(name) ?? 0) + value);
}

/** Sets a metric of this invocation. */
export function gauge(name: MetricName, value: number): void {
  const invocation = currentInvocation();
  if (invocation) record(invocation, name, value);
}

/** Sets a metric of this invocation, unless it was higher before. */
export function highest(name: MetricName | LimitMetricName, value: number): void {
  const invocation = currentInvocation();
  if (invocation) record(invocation, name, Math.max(invocation.counts.get(name) ?? 0, value));
}

/** Counts what a line of the log says. */
export function countLogged(level: LogLevel, code: string, fields: Readonly<Record<string, unknown>>): void {
  const name = countedByCode.get(code);
  if (name) count(name);
  if (fields.reasonCode === inDoubtCode || fields.errorCode === inDoubtCode) count(metricNames.inDoubt);
  if (level === "error") count(metricNames.errorsLogged);
}

/** Writes what was counted, and counts from zero. */
export function flushMetrics(invocation: Invocation): void {
  const { counts, messages, sink } = invocation;
  (sink.counts ?? writeMetrics)(invocation);
  counts.clear();
  messages.clear();
}

/** As a line of the log. */
export function writeMetrics({ counts, service }: Invocation): void {
  if (counts.size === 0) return;
  const Metrics = [...counts.keys()].map((Name) => ({ Name, Unit: unitOf(Name) }));
  writeLine("info", "METRICS", {
    _aws: {
      Timestamp: nowMs(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[serviceDimension]], Metrics }],
    },
    [serviceDimension]: service,
    ...Object.fromEntries(counts),
  });
}

export function unitOf(name: string): "Seconds" | "Count" {
  return name.endsWith("Seconds") ? "Seconds" : "Count";
}

const namespace = process.env.POWERTOOLS_METRICS_NAMESPACE || metricNamespace;

const inDoubtCode = "IN_DOUBT";
const countedByCode: ReadonlyMap<string, MetricName> = new Map([
  ["PROCESSED", metricNames.processed],
  ["DUPLICATE", metricNames.duplicateAbsorbed],
  ["RETRY_LATER", metricNames.retried],
  ["PULL_HELD", metricNames.retried],
  ["PARKED", metricNames.parked],
  ["PULL_PARKED", metricNames.parked],
  ["LOST", metricNames.lost],
]);

function record(invocation: Invocation, name: MetricName | LimitMetricName, value: number): void {
  const message = currentMessage();
  invocation.counts.set(name, value);
  if (message) invocation.messages.add(message);
  if (invocation.ended) flushMetrics(invocation); // work that outlived its batch's deadline; nobody writes it later
}
