// The local cloud as a whole: one call starts what an assembly asks for, one call leaves nothing of it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { aRecorder, eventually } from "@essentially-once/testing/internal/support/local-function";
import { isAlive } from "@essentially-once/testing/internal/support/process";
import { oneStack, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, Duration, type Stack } from "aws-cdk-lib";
import { Code, FunctionUrlAuthType, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type LocalCloudOptions, startLocalCloud } from "../src/cloud.ts";

const HANDLER = `export const handler = async ({ Records, rawPath }) => {
  const { AWS_ENDPOINT_URL_SQS: sqs, QUEUE_URL: queue } = process.env;
  console.log(JSON.stringify({ records: Records?.length, sqs, queue }));
  return rawPath ? { path: rawPath } : { batchItemFailures: [] };
};`;
let assemblyDirectory: string;

beforeAll(() => {
  assemblyDirectory = oneStack(aShop);
});

/** A function with a URL and a queue. */
function aShop(stack: Stack): void {
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const fn = new LambdaFunction(stack, "Consumer", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(directory),
    timeout: Duration.seconds(5),
  });
  const queue = new Queue(stack, "Queue", { visibilityTimeout: Duration.seconds(30) });
  fn.addEnvironment("QUEUE_URL", queue.queueUrl);
  fn.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, maxConcurrency: 2 }));
  new CfnOutput(stack, "QueueUrl", { value: queue.queueUrl });
  new CfnOutput(stack, "Url", { value: fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url });
}

async function started(options: Partial<LocalCloudOptions> = {}) {
  const recorder = aRecorder();
  const cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent, ...options });
  onTestFinished(cloud.stop);
  return { ...recorder, cloud };
}

test("a message reaches its function, a request its URL; after stop no process is left", async () => {
  const { cloud, of } = await started();
  await cloud.clients.sqs.send(
    new SendMessageCommand({ QueueUrl: cloud.output("QueueUrl"), MessageBody: "{}" }),
  );
  expect(await (await fetch(`${cloud.output("Url")}orders`)).json()).toEqual({ path: "/orders" });
  await eventually(() => of("invocation").length === 2);
  expect(of("invocation").map(({ path, outcome }) => `${path} ${outcome}`)).toEqual([
    "Shop/Consumer ok",
    "Shop/Consumer ok",
  ]);
  const processIds = cloud.processIds();
  expect(processIds.length).toBeGreaterThanOrEqual(2);
  const startedMs = Date.now();
  await Promise.all([cloud.stop(), cloud.stop()]);
  expect(Date.now() - startedMs).toBeLessThan(30_000);
  expect(processIds.filter(isAlive)).toEqual([]);
  await expect(fetch(cloud.output("Url"))).rejects.toThrow();
});

test("an output that is not there is named, with those that are", async () => {
  const { cloud } = await started();
  expect(() => cloud.output("Nothing")).toThrow(/There is no output Nothing; there are: .*QueueUrl/);
});

test("a function is invoked by its path, as an operator does; one that is not there is named", async () => {
  const { cloud } = await started();
  const result = await cloud.invoke("Shop/Consumer", { rawPath: "/by-hand" });
  expect(result).toMatchObject({ outcome: "ok", response: { path: "/by-hand" } });
  await expect(cloud.invoke("Shop/Nobody", {})).rejects.toThrow(
    "There is no function Shop/Nobody; there are: Shop/Consumer",
  );
});

test("functions reach the engines over a proxy, and find the queues there", async () => {
  const { cloud, said } = await started();
  await fetch(cloud.output("Url"));
  await eventually(() => said().length);
  const { sqs, queue } = said()[0] as { sqs: string; queue: string };
  expect(sqs).not.toBe(cloud.endpoints.sqs);
  expect(new URL(queue).origin).toBe(sqs);
  expect(cloud.output("QueueUrl")).toBe(`${cloud.endpoints.sqs}${new URL(queue).pathname}`);
});

test("a start that fails leaves no process and says why", async () => {
  const children = () => process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap");
  await eventually(() => children().length === 0); // of the tests before
  await expect(startLocalCloud({ assemblyDirectory: temporaryDirectory("empty") })).rejects.toThrow();
  await expect(startLocalCloud({ assemblyDirectory, chaos: { level: 2, seed: 1 } })).rejects.toThrow(
    "chaos level",
  );
  await eventually(() => children().length === 0); // a handle closes a moment after its process
});
