// Execution environments: real processes that run handlers as Lambda would.

import { availableParallelism } from "node:os";
import {
  aLocalFunction,
  aRecorder,
  eventually,
} from "@essentially-once/testing/internal/support/local-function";
import { isAlive } from "@essentially-once/testing/internal/support/process";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LocalFunction } from "../src/model/model.ts";
import { accessKeyIdOf } from "../src/permissions/access-key.ts";
import { createRuntime, type Thrift } from "../src/runtime/runtime.ts";
import { timeoutStretch } from "../src/runtime/timeout-stretch.ts";

const PROCESSORS = availableParallelism();
const ENDPOINTS = {
  sqs: "http://127.0.0.1:1",
  s3: "http://127.0.0.1:3",
  secretsManager: "http://127.0.0.1:4",
  sns: "http://127.0.0.1:4",
  ssm: "http://127.0.0.1:4",
  dynamodb: "http://127.0.0.1:2",
};

function running(...functions: LocalFunction[]) {
  const recorder = aRecorder();
  const runtime = createRuntime({ functions, endpoints: ENDPOINTS, onEvent: recorder.onEvent });
  onTestFinished(runtime.stop);
  const [fn] = functions as [LocalFunction];
  return { ...recorder, runtime, invoke: (event: unknown = {}) => runtime.invoke(fn.arn, event) };
}

test("a handler gets the event and its answer comes back", async () => {
  const { invoke } = running(
    aLocalFunction("export const handler = async ({ n }) => ({ twice: n * 2, skipped: undefined });"),
  );
  expect(await invoke({ n: 21 })).toMatchObject({ outcome: "ok", response: { twice: 42 } });
});

test("nothing returned is null", async () => {
  const { invoke } = running(aLocalFunction("export const handler = async () => {};"));
  expect((await invoke()).response).toBeNull();
});

test("a payload of megabytes goes there and back", async () => {
  const { invoke } = running(aLocalFunction("export const handler = async ({ text }) => text;"));
  const text = "é".repeat(2_500_000);
  expect((await invoke({ text })).response).toBe(text);
});

test("a response larger than Lambda's limit is an error", async () => {
  const { invoke } = running(aLocalFunction('export const handler = async () => "x".repeat(7e6);'));
  expect(await invoke()).toMatchObject({
    outcome: "error",
    error: { type: "Function.ResponseSizeTooLarge" },
  });
});

test("a response that is not JSON is an error", async () => {
  const { invoke } = running(aLocalFunction("export const handler = async () => 1n;"));
  expect(await invoke()).toMatchObject({
    outcome: "error",
    error: { type: "Error", message: "Unable to stringify response body" },
  });
});

test("the context is Lambda's, and the remaining time runs down", async () => {
  const fn = aLocalFunction(
    `export const handler = async (event, { getRemainingTimeInMillis, ...context }) => {
      const before = getRemainingTimeInMillis();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return { ...context, before, after: getRemainingTimeInMillis() };
    };`,
    { timeoutMs: 60_000, memoryMegabytes: 256, functionName: "reserve-credit" },
  );
  const { requestId, response } = await running(fn).invoke();
  expect(response).toMatchObject({
    awsRequestId: requestId,
    functionName: "reserve-credit",
    functionVersion: "$LATEST",
    invokedFunctionArn: fn.arn,
    memoryLimitInMB: "256",
    logGroupName: "/aws/lambda/reserve-credit",
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
  });
  const { before, after } = response as { before: number; after: number };
  expect(before).toBeGreaterThan(20_000);
  expect(before).toBeLessThanOrEqual(60_000);
  expect(after).toBeLessThanOrEqual(before - 95);
});

test("the environment holds the function's variables, Lambda's and the endpoints; nothing of the host but PATH", async () => {
  process.env.OF_THE_HOST = "secret";
  onTestFinished(() => void delete process.env.OF_THE_HOST);
  const fn = aLocalFunction("export const handler = async () => process.env;", {
    environment: { QUEUE_URL: "http://queue", AWS_REGION: "mars-1" },
  });
  const { response } = await running(fn).invoke();
  expect(response).toEqual({
    QUEUE_URL: "http://queue",
    PATH: process.env.PATH,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: "index.handler",
    _X_AMZN_TRACE_ID: expect.stringMatching(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    ),
    LAMBDA_TASK_ROOT: fn.codeDirectory,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: fn.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: expect.any(String),
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyIdOf(fn.functionName),
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_SQS: ENDPOINTS.sqs,
    AWS_ENDPOINT_URL_S3: ENDPOINTS.s3,
    AWS_ENDPOINT_URL_DYNAMODB: ENDPOINTS.dynamodb,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: ENDPOINTS.secretsManager,
    AWS_ENDPOINT_URL_SNS: ENDPOINTS.sns,
    AWS_ENDPOINT_URL_SSM: ENDPOINTS.ssm,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  });
});

test("a warm process is used again, and two at once get a process each", async () => {
  const { invoke, of } = running(
    aLocalFunction(
      `let runs = 0;
       export const handler = async ({ ms }) => {
         await new Promise((resolve) => setTimeout(resolve, ms));
         return { runs: ++runs, pid: process.pid };
       };`,
    ),
  );
  const [first, second] = await Promise.all([invoke({ ms: 300 }), invoke({ ms: 300 })]);
  expect(first.response).toMatchObject({ runs: 1 });
  expect(second.response).toMatchObject({ runs: 1 });
  expect((await invoke({ ms: 0 })).response).toMatchObject({ runs: 2 });
  expect(of("invocation").map(({ coldStart }) => coldStart)).toEqual([true, true, false]);
});

describe("a thrifty runtime", () => {
  const saysWho = `export const handler = async ({ ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return process.pid;
  };`;

  test("while every processor is at work, an invocation waits for a warm process, but for one only", async () => {
    const { invoke, invokeAtOnce, of } = thrifty({ busyFrom: 1, waitMsMax: 60_000 });
    const [first, second] = await Promise.all([invoke({ ms: 50 }), invoke({ ms: 0 })]);
    expect(second.response).toBe(first.response);
    const [third, fourth] = await Promise.all([invoke({ ms: 50 }), invokeAtOnce({ ms: 0 })]);
    expect(fourth.response).not.toBe(third.response);
    expect(of("invocation").filter(({ coldStart }) => coldStart)).toHaveLength(2);
  });

  test("it does not wait for long, nor while the machine has time", async () => {
    const impatient = thrifty({ busyFrom: 1, waitMsMax: 1 });
    const [slow, other] = await Promise.all([impatient.invoke({ ms: 400 }), impatient.invoke({ ms: 0 })]);
    expect(other.response).not.toBe(slow.response);
    const patient = thrifty({ busyFrom: 2, waitMsMax: 60_000 });
    const [one, two] = await Promise.all([patient.invoke({ ms: 400 }), patient.invoke({ ms: 0 })]);
    expect(two.response).not.toBe(one.response);
  });

  test("a process that nobody needs ends; one that is warmed up waits for its first invocation", async () => {
    const { fn, runtime, invoke, of } = thrifty({ idleMsMax: 300 });
    await invoke({ ms: 0 });
    await eventually(() => runtime.processIds().length === 0);
    expect(isAlive(of("invocation")[0]?.processId ?? 0)).toBe(false);
    runtime.warmUp(fn.arn);
    await invoke({ ms: 0 });
    expect(of("invocation").map(({ coldStart }) => coldStart)).toEqual([true, false]);
  });

  function thrifty(given: Partial<Thrift>) {
    const recorder = aRecorder();
    const fn = aLocalFunction(saysWho);
    const runtime = createRuntime({
      functions: [fn],
      endpoints: ENDPOINTS,
      thrift: { busyFrom: 99, waitMsMax: 0, idleMsMax: 60_000, ...given },
      onEvent: recorder.onEvent,
    });
    onTestFinished(runtime.stop);
    return {
      ...{ ...recorder, fn, runtime },
      invoke: (event: unknown) => runtime.invoke(fn.arn, event),
      invokeAtOnce: (event: unknown) => runtime.invoke(fn.arn, event, { atOnce: true }),
    };
  }
});

test("more at once than a function has reserved are throttled, and a free place is taken again", async () => {
  const fn = aLocalFunction(
    "export const handler = async ({ ms }) => { await new Promise((resolve) => setTimeout(resolve, ms)); };",
    { reservedConcurrency: 1 },
  );
  const { invoke } = running(fn);
  const [first, second] = await Promise.all([invoke({ ms: 300 }), invoke({ ms: 300 })]);
  expect(first.outcome).toBe("ok");
  expect(second).toMatchObject({ outcome: "error", error: { type: "TooManyRequestsException" } });
  expect((await invoke({ ms: 0 })).outcome).toBe("ok");
});

test("a function whose reserved concurrency is 0 never runs", async () => {
  const { invoke, of } = running(
    aLocalFunction("export const handler = async () => 1;", { reservedConcurrency: 0 }),
  );
  expect(await invoke()).toMatchObject({ error: { type: "TooManyRequestsException" } });
  expect(of("log").map(({ line }) => line)).toEqual([expect.stringContaining("Rate Exceeded: 0 of Test/")]);
});

test("over its timeout a function is killed, in an endless loop too", async () => {
  const fn = aLocalFunction("export const handler = async () => { for (;;); };", { timeoutMs: 300 });
  const { invoke, runtime, of } = running(fn);
  expect(await invoke()).toMatchObject({
    outcome: "timeout",
    error: {
      type: "Sandbox.Timedout",
      message: expect.stringContaining("Task timed out after 0.30 seconds"),
    },
  });
  expect(runtime.processIds()).toEqual([]);
  expect(isAlive(of("invocation")[0]?.processId ?? 0)).toBe(false);
});

test.each([
  ["exits", "process.exit(3)", "exit status 3"],
  ["exits in peace without an answer", "process.exit(0)", "no reason"],
  ["kills itself", 'process.kill(process.pid, "SIGKILL")', "signal: SIGKILL"],
  ["lets an error escape", 'setTimeout(() => { throw new Error("loose"); })', "exit status 1"],
])("a process that %s is killed, and the next invocation gets a new one", async (_, code, reason) => {
  const { invoke } = running(
    aLocalFunction(
      `export const handler = async ({ calm }) => { if (calm) return "calm"; ${code}; await new Promise(() => {}); };`,
    ),
  );
  expect(await invoke()).toMatchObject({
    outcome: "killed",
    error: { type: "Runtime.ExitError", message: expect.stringContaining(reason) },
  });
  expect(await invoke({ calm: true })).toMatchObject({ outcome: "ok", response: "calm" });
});

test("a function that takes more memory than it has is killed", async () => {
  const { invoke } = running(
    aLocalFunction(
      "export const handler = async () => { for (const all = []; ; ) all.push(new Array(1e5).fill(all.length)); };",
      {
        timeoutMs: 30_000,
      },
    ),
  );
  expect(await invoke()).toMatchObject({ outcome: "killed" });
});

test("what a function started goes with it", async () => {
  const { invoke, of } = running(
    aLocalFunction(
      `import { spawn } from "node:child_process";
       export const handler = async () => { console.log(JSON.stringify({ pid: spawn("sleep", ["60"]).pid })); for (;;); };`,
      { timeoutMs: 500 },
    ),
  );
  await invoke();
  const { pid } = JSON.parse(of("log")[0]?.line ?? "{}");
  await eventually(() => !isAlive(pid));
});

describe("on a machine that is busy with other programs", () => {
  test("a timeout is longer, and the handler knows it", async () => {
    const slow = `export const handler = async (_event, context) => {
      const remainingMs = context.getRemainingTimeInMillis();
      await new Promise((resolve) => setTimeout(resolve, 400));
      return remainingMs;
    };`;
    const fn = aLocalFunction(slow, { timeoutMs: 300 });
    const runtime = createRuntime({ functions: [fn], endpoints: ENDPOINTS, stretch: () => 40 });
    onTestFinished(runtime.stop);
    const { outcome, response } = await runtime.invoke(fn.arn, {});
    expect(outcome).toBe("ok");
    expect(response).toBeGreaterThan(6_000);
    expect(response).toBeLessThanOrEqual(12_000);
  });

  test.each([
    ["0.20 0.10 0.05 1/99 4711", 1],
    [`${2 * PROCESSORS}.00 0.10 0.05 1/99 4711`, 1],
    [`${4 * PROCESSORS}.00 0.10 0.05 1/99 4711`, 2],
    [`0.20 0.10 0.05 ${6 * PROCESSORS}/99 4711`, 3],
    ["999.20 0.10 0.05 1/99 4711", 5],
    ["", 1],
  ])("with a load of %j it is stretched by %d", (said, times) => {
    expect(timeoutStretch(() => said)).toBe(times);
  });
});

test("a handler that throws is an error with type, message and stack, and the process lives on", async () => {
  const { invoke, of } = running(
    aLocalFunction(
      'let runs = 0; export const handler = async () => { if (++runs < 2) throw new RangeError("too far"); return runs; };',
    ),
  );
  expect(await invoke()).toMatchObject({
    outcome: "error",
    error: { type: "RangeError", message: "too far", stack: expect.stringContaining("index.mjs") },
  });
  expect(await invoke()).toMatchObject({ outcome: "ok", response: 2 });
  expect(of("log")[0]?.line).toContain("too far");
});

test.each([
  [
    "has no such file",
    { handler: "missing.handler" },
    "Runtime.ImportModuleError",
    "there is no missing.js, .mjs or .cjs",
  ],
  ["has no such export", { handler: "index.other" }, "Runtime.HandlerNotFound", "it exports: handler"],
  ["is no file.export", { handler: "index" }, "Runtime.MalformedHandlerName", "got index"],
])("a handler that %s is an error that names the function", async (_, properties, type, message) => {
  const fn = aLocalFunction("export const handler = async () => {};", properties);
  const { outcome, error } = await running(fn).invoke();
  expect({ outcome, type: error?.type }).toEqual({ outcome: "error", type });
  expect(error?.message).toContain(fn.path);
  expect(error?.message).toContain(message);
});

test("code that fails while it is loaded is an error; the next invocation loads it again", async () => {
  const { invoke } = running(
    aLocalFunction('throw new Error("no configuration"); export const handler = 1;'),
  );
  for (let run = 1; run <= 2; run++) {
    expect(await invoke()).toMatchObject({
      outcome: "error",
      error: { message: expect.stringContaining("no configuration") },
    });
  }
});

test("lines of a function carry the request they belong to", async () => {
  const { invoke, of } = running(
    aLocalFunction(
      "export const handler = async ({ n }) => { console.log('out', n); console.error('err', n); };",
    ),
  );
  const first = await invoke({ n: 1 });
  const second = await invoke({ n: 2 });
  await eventually(() => of("log").length === 4);
  expect(
    of("log")
      .map(({ requestId, line }) => `${requestId} ${line}`)
      .sort(),
  ).toEqual(
    [
      `${first.requestId} out 1`,
      `${first.requestId} err 1`,
      `${second.requestId} out 2`,
      `${second.requestId} err 2`,
    ].sort(),
  );
});

test("a kill after some time, or when the response is here, ends as killed", async () => {
  const fn = aLocalFunction(
    'export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return "done"; };',
  );
  const { runtime, of } = running(fn);
  expect(await runtime.invoke(fn.arn, { ms: 60_000 }, { kill: { afterMs: 20 } })).toMatchObject({
    outcome: "killed",
  });
  expect(await runtime.invoke(fn.arn, { ms: 0 }, { kill: "on-response" })).toMatchObject({
    outcome: "killed",
  });
  expect(await runtime.invoke(fn.arn, { ms: 0 }, { kill: { afterMs: 60_000 } })).toMatchObject({
    outcome: "ok",
  });
  expect(of("invocation").map(({ outcome }) => outcome)).toEqual(["killed", "killed", "ok"]);
});

test("stop kills what runs", async () => {
  const { invoke, runtime, of } = running(
    aLocalFunction("export const handler = () => new Promise(() => {});"),
  );
  const invocation = invoke();
  await eventually(() => runtime.processIds().length === 1);
  await runtime.stop();
  expect(await invocation).toMatchObject({ outcome: "killed" });
  expect(isAlive(of("invocation")[0]?.processId ?? 0)).toBe(false);
});

test("a function that is not there is named, with those that are", async () => {
  const fn = aLocalFunction("export const handler = async () => {};");
  const { runtime } = running(fn);
  await expect(runtime.invoke("arn:other", {})).rejects.toThrow(
    `There is no function arn:other; there are: ${fn.arn}`,
  );
});
