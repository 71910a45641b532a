// What the runbook says of the cost of the sample's alarms.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { synthesizeApp } from "@essentially-once/testing/real-app";
import { expect, test } from "vitest";

interface Alarm {
  readonly Type: string;
  readonly Properties: { readonly Metrics?: readonly { readonly MetricStat?: object }[] };
}

const runbook = readFileSync("docs/runbook.md", "utf8");

test.each(["dev", "prod"])("the runbook knows how many metrics the alarms read in %s", (stage) => {
  const [, written] = new RegExp(`The sample has.* (\\d+) in ${stage}`).exec(runbook) ?? [];
  expect(Number(written)).toBe(metricsRead(synthesizeApp({ stage }, "bin/app.ts")));
});

/** An alarm on an expression reads, and is charged for, each metric in it. */
function metricsRead(assemblyDirectory: string): number {
  return globSync(join(assemblyDirectory, "*.template.json"))
    .flatMap((file): Alarm[] => Object.values(JSON.parse(readFileSync(file, "utf8")).Resources))
    .filter(({ Type }) => Type === "AWS::CloudWatch::Alarm")
    .map(({ Properties: { Metrics } }) => Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1)
    .reduce((sum, count) => sum + count, 0);
}
