// The simulation against what a pencil says: where the answer has a formula, it must come out.

import { readConfig } from "@essentially-once/constructs/config";
import { describe, expect, it } from "vitest";
import { dollarsPerMessage } from "../src/scaling/cost.ts";
import { readScenario, stageDefaults } from "../src/simulation/command.ts";
import type { Scenario } from "../src/simulation/scenario.ts";
import { simulate } from "../src/simulation/simulate.ts";
import { type Summary, summarize } from "../src/simulation/summary.ts";

describe("simulate", () => {
  it("keeps as many invocations busy as Little's law says", () => {
    const { seconds } = run("--rate 8000 --table-writes 40000 --invocation-ms 50 --seconds 300");
    expect(seconds[250]?.concurrency).toBeCloseTo((8_000 / 10) * 0.05, 6);
    expect(seconds[250]?.processed).toBeCloseTo(8_000, 6);
  });

  it("runs batches of one message at low load: a message does not wait for others", () => {
    const { seconds } = run("--rate 20 --seconds 60");
    expect(seconds[30]?.invocations).toBeCloseTo(20, 6);
  });

  it("adds 300 invocations a minute, and no more than it may", () => {
    const { seconds } = run(
      "--rate 1000000 --invocation-ms 1000 --concurrency 100 --seconds 60 --table-writes 40000",
    );
    expect([0, 1, 10, 19, 30].map((second) => Math.round(seconds[second]?.concurrency ?? 0))).toEqual([
      5, 10, 55, 100, 100,
    ]);
  });

  it("drains a burst in backlog ÷ (capacity − rate)", () => {
    // Five invocations of 100 ms with ten each: 500 a second. The burst leaves 10 × (400 + 600 − 500).
    const { summary } = run(
      "--rate 400 --burst 600@20+10 --concurrency 5 --invocation-ms 100 --seconds 300 --table-writes 40000",
    );
    expect(summary.deepest).toBeCloseTo(5_000, 6);
    expect(summary.caughtUpAfterSeconds).toBeCloseTo(5_000 / (500 - 400), -0.5);
    expect(summary.parked).toBe(0);
  });

  it("holds a new table to its 4,000 write units, and lets it follow its peak after half an hour", () => {
    const { seconds } = run("--rate 3000 --seconds 4000");
    expect(seconds[1_000]?.processed).toBeCloseTo(4_000 / 3, 6);
    expect(seconds[2_000]?.processed).toBeCloseTo(8_000 / 3, 6);
    expect(seconds[1_000]?.held).toContain("table writes");
  });

  it("parks messages that arrive early in an outage, and none whose retries outlast it", () => {
    // Over five receives a message is invisible for at least 4 s and at most 30 s.
    const { summary } = run("--rate 100 --outage 60+600 --receives 5 --seconds 1200");
    expect(summary.parked).toBeGreaterThanOrEqual(100 * (600 - 30));
    expect(summary.parked).toBeLessThanOrEqual(100 * (600 - 4));
    expect(summary.processed + summary.parked).toBeCloseTo(summary.arrived, 3);
  });

  it("outlasts an outage with receives to spare, and is through by the longest pause", () => {
    const { summary } = run("--rate 100 --outage 60+120 --receives 12 --seconds 1200 --table-writes 40000");
    expect(summary.parked).toBeLessThan(0.01);
    expect(summary.mostHidden).toBeLessThanOrEqual(100 * 120);
    expect(summary.mostHidden).toBeGreaterThan(100 * 100);
    expect(summary.caughtUpAfterSeconds).toBeLessThanOrEqual(900); // the longest pause
  });

  it("hides no more than SQS lets be in flight", () => {
    const { summary } = run("--rate 5000 --outage 10+300 --receives 12 --seconds 330 --table-writes 40000");
    expect(Math.round(summary.mostHidden)).toBeLessThanOrEqual(120_000);
    expect(summary.heldSeconds["in flight"]).toBeGreaterThan(60);
    expect(summary.parked).toBeLessThan(1);
  });

  it("a key does one commit after the other: on a FIFO queue the rest waits, and nothing is lost by it", () => {
    const { seconds, summary } = run("--rate 500 --hot-key 0.5 --fifo --seconds 100");
    expect(seconds[50]?.processed).toBeCloseTo(250 + 1_000 / 8, 6);
    expect(summary.deepest).toBeCloseTo(100 * (250 - 125), 3);
    expect(summary.caughtUpAfterSeconds).toBeCloseTo(12_500 / 125, -0.5);
    expect(summary.parked).toBe(0);
  });

  it("G6: a key that is hotter than its commits makes its messages wait on a standard queue, and parks none", () => {
    const { summary } = run("--rate 500 --hot-key 0.5 --seconds 300");
    expect(summary.parked).toBe(0);
    expect(summary.processed).toBeCloseTo(150_000, 0);
    expect(summary.heldSeconds["one key"]).toBeGreaterThan(300); // 250 a second at 125
  });

  it("a key's partition is the ceiling when commits are faster than it", () => {
    const { seconds } = run("--rate 2000 --hot-key 1 --fifo --commit-ms 1 --seconds 20 --table-writes 40000");
    expect(seconds[10]?.processed).toBeCloseTo(500, 6); // two units each
  });

  it("starts Lambda no more often than the account may", () => {
    const { seconds } = run(
      "--rate 100000 --batch 1 --invocation-ms 5 --commit-ms 1 --concurrency 1000 --account 100 --mode inline --seconds 300 --table-writes 40000",
    );
    expect(seconds[280]?.invocations).toBeCloseTo(1_000, 6);
  });

  it("costs what its messages cost while all goes well", () => {
    const { scenario, summary } = run("--rate 8000 --table-writes 40000 --seconds 600");
    const { total } = dollarsPerMessage(
      { ...scenario, sqsRequests: 0, messagesPerInvocation: 10 },
      scenario.relay,
    );
    expect(summary.dollarsPerMillion / (total * 1_000_000)).toBeCloseTo(1, 2);
  });

  it("has the same result each time", () => {
    const args = "--rate 300 --burst 9000@10+20 --outage 100+60 --hot-key 0.3";
    expect(run(args)).toEqual(run(args));
  });

  it("takes its defaults from the prod stage", () => {
    const prod = readConfig({
      tryGetContext: (key: string) =>
        (({ stage: "prod", alarmReceiver: "none" }) as Record<string, string>)[key],
    } as never);
    const { maxConcurrency, batchSize, maxReceiveCount, functionMemoryMegabytes } = prod.sizes;
    expect(stageDefaults).toEqual({
      ...{ maxConcurrency, batchSize, maxReceiveCount },
      memoryMegabytes: functionMemoryMegabytes,
    });
  });
});

describe("npm run simulate", () => {
  it.each([
    ["--rate -1", "--rate"],
    ["--rate ten", '--rate must be a whole number from 0 to 10000000, got "ten".'],
    ["--hot-key 1.5", "--hot-key must be a number from 0 to 1"],
    ["--burst 100", "--burst must be R@F+D"],
    ["--outage 5", "--outage must be F+D"],
    ["--mode fast", "--mode must be one of rows, rows-alone, inline"],
    ["--fifo --batch 11", "--batch must be a whole number from 1 to 10"],
    ["--concurrency 1001", "--concurrency must be a whole number from 2 to 1000"],
    ["--speed 3", "--speed"],
  ])("refuses %s by name", (args, text) => {
    expect(() => readScenario(args.split(" "))).toThrow(text);
  });
});

function run(args: string): { scenario: Scenario; seconds: ReturnType<typeof simulate>; summary: Summary } {
  const { scenario } = readScenario(args.split(" "));
  const seconds = simulate(scenario);
  return { scenario, seconds, summary: summarize(scenario, seconds) };
}
