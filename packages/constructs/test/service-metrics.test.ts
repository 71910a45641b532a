// What the alarms look for is what the functions count: the same namespace, dimension and names.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { limitMetrics } from "@essentially-once/messaging/internal/core/limit-metrics";
import { metricNames } from "@essentially-once/messaging/internal/core/metric-names";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { synthesizeApp } from "@essentially-once/testing/real-app";
import { Template } from "aws-cdk-lib/assertions";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

interface CountedMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}

const assembly = synthesizeApp({ stage: "prod" }, "bin/app.ts");
const templates = globSync(join(assembly, "*.template.json")).map((file) =>
  Template.fromString(readFileSync(file, "utf8")),
);
const environments = templates.flatMap((template) =>
  Object.values(template.findResources("AWS::Lambda::Function")).map(
    ({ Properties }) => Properties.Environment.Variables as Record<string, string>,
  ),
);
const watched = templates
  .flatMap((template) => Object.values(template.findResources("AWS::CloudWatch::Alarm")))
  .flatMap(({ Properties }) => [Properties, ...(Properties.Metrics ?? []).map(metricOf)])
  .filter((metric): metric is CountedMetric => String(metric?.Namespace).startsWith("EssentiallyOnce"));

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

test("every metric that an alarm reads is one that its function writes", async () => {
  expect(watched.length).toBeGreaterThan(3);
  const written: string[] = [];
  for (const variables of environments) written.push(...(await writtenBy(variables)));
  for (const { Namespace, MetricName, Dimensions } of watched) {
    expect(written).toContain(
      JSON.stringify([Namespace, Dimensions.map(({ Name, Value }) => [Name, Value]), MetricName]),
    );
  }
});

test("a function counts under the name of its contract, which is that of its evidence", () => {
  for (const { CONTRACT, POWERTOOLS_SERVICE_NAME } of environments) {
    if (CONTRACT !== undefined) expect(JSON.parse(CONTRACT).name).toBe(POWERTOOLS_SERVICE_NAME);
  }
});

/** All that a function with this environment can count, as alarms name it. */
async function writtenBy({
  POWERTOOLS_SERVICE_NAME = "",
  POWERTOOLS_METRICS_NAMESPACE = "",
}: Record<string, string>) {
  vi.resetModules();
  vi.stubEnv("POWERTOOLS_SERVICE_NAME", POWERTOOLS_SERVICE_NAME);
  vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", POWERTOOLS_METRICS_NAMESPACE);
  const { observed } = await import("@essentially-once/messaging/internal/receive/observed");
  const { count } = await import("@essentially-once/messaging/metrics");
  const handler = observed("a name of the code's own", [], async () => {
    for (const name of Object.values({ ...metricNames, ...limitMetrics })) count(name);
  });
  const [line = {}] = await linesOf(() => handler({}, aContext()));
  const { CloudWatchMetrics } = line._aws as {
    readonly CloudWatchMetrics: readonly {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string }[];
    }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions: [dimensions = []], Metrics }) =>
    Metrics.map(({ Name }) =>
      JSON.stringify([Namespace, dimensions.map((each) => [each, line[each]]), Name]),
    ),
  );
}

function metricOf({ MetricStat }: { readonly MetricStat?: { readonly Metric: CountedMetric } }) {
  return MetricStat?.Metric;
}
