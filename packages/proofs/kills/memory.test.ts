// That a leak is noticed, in whom it is, and that what drops what it has seen is no leak: with real processes.
import { existsSync } from "node:fs";
import { createRuntime } from "@essentially-once/local-cloud/internal/runtime/runtime";
import { aLocalFunction } from "@essentially-once/testing/internal/support/local-function";
import { expect, it, onTestFinished } from "vitest";
import { earlyAndLate, memoryMeter } from "./memory.ts";

const nobody = "http://127.0.0.1:1";
const endpoints = {
  sqs: nobody,
  s3: nobody,
  secretsManager: nobody,
  sns: nobody,
  ssm: nobody,
  dynamodb: nobody,
};
const points = 8;
const eventsAPoint = 40;

const canBeMeasured = existsSync("/proc/self/status");

it.runIf(canBeMeasured)(
  "G11: a handler that keeps what it sees is noticed, its neighbour that does not is not",
  async () => {
    const see = "const seen = event.Records.map(() => Buffer.alloc(800_000, 1).toString('latin1'));";
    const keeps = aLocalFunction(
      `const kept = []; export const handler = (event) => { ${see} kept.push(seen); return Promise.resolve(); }`,
      { path: "Test/Keeps", memoryMegabytes: 512, timeoutMs: 60_000 },
    );
    const drops = aLocalFunction(
      `export const handler = (event) => { ${see} return Promise.resolve(seen.length); }`,
      {
        path: "Test/Drops",
        memoryMegabytes: 512,
        timeoutMs: 60_000, // a process that is replaced on a busy machine keeps nothing
      },
    );
    const meter = memoryMeter(() => ({ "the test": process.pid }));
    const runtime = createRuntime({ functions: [keeps, drops], endpoints, onEvent: meter.onEvent });
    onTestFinished(() => runtime.stop());
    for (let point = 0; point < points; point++) {
      for (let event = 0; event < eventsAPoint; event++) {
        for (const { arn } of [keeps, drops]) await runtime.invoke(arn, { Records: [{}] });
      }
      await meter.measure();
    }
    const found = meter.figures().map(earlyAndLate);
    expect(found.map(({ role }) => role)).toEqual(["Test/Drops", "Test/Keeps", "the test"]);
    expect(found.filter(({ leaks }) => leaks).map(({ role }) => role)).toEqual(["Test/Keeps"]);
  },
);

it.each([
  ["becomes warm and stays", [60, 90, 100, 100, 104, 101, 99, 103, 100, 102], false],
  ["goes up and down with its collector", [60, 100, 140, 90, 120, 150, 95, 140, 100, 145], false],
  ["began late", [0, 0, 0, 0, 0, 0, 0, 60, 80, 90], false],
  ["was measured once", [90], false],
  ["grows slowly and for good", [60, 90, 100, 112, 124, 136, 148, 160, 172, 184], true],
])("G11: a process that %s is judged so", (_, megabytes, leaks) => {
  expect(earlyAndLate({ role: "one", megabytes }).leaks).toBe(leaks);
});
