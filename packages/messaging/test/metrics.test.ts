import { Metrics } from "@aws-lambda-powertools/metrics";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { describe, expect, it, vi } from "vitest";
import { metricNames, metricNamespace } from "../src/core/metric-names.ts";
import { log } from "../src/observe/log.ts";
import { count, gauge, highest } from "../src/observe/metrics.ts";
import { observed } from "../src/receive/observed.ts";

const { processed, outboxAgeSeconds, waitedSeconds } = metricNames;

describe("metrics", () => {
  it("of an invocation are one line, in the format that Powertools' Metrics write", async () => {
    const handler = observed("tested", [], async () => {
      count(processed);
      count(processed, 2);
      gauge(outboxAgeSeconds, 61);
      gauge(outboxAgeSeconds, 62);
    });
    const [line = {}, ...more] = await linesOf(() => handler({}, aContext()));
    expect(more).toEqual([]);

    const theirs = new Metrics({ namespace: metricNamespace, serviceName: "tested" });
    theirs.addMetric(processed, "Count", 3);
    theirs.addMetric(outboxAgeSeconds, "Seconds", 62);
    const { _aws, ...values } = theirs.serializeMetrics();
    expect(line).toMatchObject({ level: "INFO", code: "METRICS" });
    expect(line).toMatchObject({ ...values, _aws: { CloudWatchMetrics: _aws.CloudWatchMetrics } });
    expect(line._aws).toMatchObject({ Timestamp: expect.any(Number) });
  });

  it("that say how long at most keep the highest of an invocation", async () => {
    const handler = observed("tested", [], async () => {
      for (const seconds of [3, 5, 4]) highest(waitedSeconds, seconds);
    });
    const [line] = await linesOf(() => handler({}, aContext()));
    expect(line?.[waitedSeconds]).toBe(5);
  });

  it.each([
    ["info", "PROCESSED", {}, { Processed: 1 }],
    ["info", "DUPLICATE", {}, { DuplicateAbsorbed: 1 }],
    ["warn", "RETRY_LATER", {}, { Retried: 1 }],
    ["warn", "PULL_HELD", {}, { Retried: 1 }],
    ["warn", "PARKED", { reasonCode: "TOO_OLD" }, { Parked: 1 }],
    ["warn", "PULL_PARKED", { reasonCode: "DATA_INVALID" }, { Parked: 1 }],
    ["warn", "PARKED", { reasonCode: "IN_DOUBT" }, { Parked: 1, InDoubt: 1 }],
    ["warn", "REFUSED", { errorCode: "IN_DOUBT" }, { InDoubt: 1 }],
    ["warn", "LOST", {}, { Lost: 1 }],
    ["error", "HOLD_EXPIRED", {}, { ErrorsLogged: 1 }],
    ["info", "SWEPT", {}, {}],
  ] as const)("what is logged is counted: %s %s %o", async (level, code, fields, counted) => {
    const handler = observed("tested", [], async () => log(level, code, fields));
    const [, metrics, ...more] = await linesOf(() => handler({}, aContext()));
    expect(more).toEqual([]);
    expect(metrics === undefined).toBe(Object.keys(counted).length === 0);
    const names = Object.values(metricNames).filter((name) => name in (metrics ?? {}));
    expect(Object.fromEntries(names.map((name) => [name, metrics?.[name]]))).toEqual(counted);
  });

  it("are written when the handler fails, too, and when what it left behind counts later", async () => {
    let later = () => undefined as undefined;
    const handler = observed("tested", [], async () => {
      count(processed);
      const counted = new Promise<undefined>((resolve) => {
        later = () => resolve(undefined) as undefined;
      });
      void counted.then(() => count(processed));
      throw new Error("not today");
    });
    const lines = await linesOf(async () => {
      await expect(handler({}, aContext())).rejects.toThrow("not today");
      later();
      await new Promise(setImmediate);
    });
    expect(lines.map((line) => line.Processed)).toEqual([1, 1]);
  });

  it("count nothing outside of an invocation", async () => {
    const lines = await linesOf(async () => {
      count(processed);
      gauge(outboxAgeSeconds, 1);
      highest(waitedSeconds, 1);
    });
    expect(lines).toEqual([]);
  });

  it("have the namespace that Powertools' variable names", async () => {
    vi.stubEnv("POWERTOOLS_METRICS_NAMESPACE", "Shop");
    vi.resetModules();
    const fresh = {
      ...(await import("../src/observe/metrics.ts")),
      ...(await import("../src/receive/observed.ts")),
    };
    vi.unstubAllEnvs();
    const handler = fresh.observed("tested", [], async () => fresh.count(processed));
    const [line] = await linesOf(() => handler({}, aContext()));
    expect(line?._aws).toMatchObject({ CloudWatchMetrics: [{ Namespace: "Shop" }] });
  });

  it("of one invocation are not those of another beside it", async () => {
    const handler = observed("tested", [], async (value: number) => {
      await new Promise(setImmediate);
      count(processed, value);
      await new Promise(setImmediate);
    });
    const lines = await linesOf(() => Promise.all([handler(1, aContext()), handler(20, aContext())]));
    expect(lines.map((line) => line.Processed).sort()).toEqual([1, 20]);
  });
});
