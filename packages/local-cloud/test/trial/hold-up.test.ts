// A consumer of the running local cloud is held up, beside a service outside that the test calls.
import { setTimeout as sleep } from "node:timers/promises";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import { pauseRecords } from "@essentially-once/operator/internal/consumers/pause-record";
import { aRunningCloud, type RunningCloud } from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HoldUp, startHoldUp } from "../../src/trial/send/hold-up.ts";
import { type Outside, startOutside } from "../../src/trial/send/outside.ts";

let running: RunningCloud;
let outside: Outside;

beforeAll(async () => {
  [running, outside] = await Promise.all([aRunningCloud(), startOutside(() => ({ status: 200, body: {} }))]);
});
afterAll(() => Promise.all([running.stop(), outside.stop()]));

test("nothing is held up before enough came, and nothing after it was told to stop", async () => {
  const holdUp = start({ after: 2 });
  await call();
  await sleep(120); // two looks
  expect(holdUp.unfinished()).toEqual([]);
  holdUp.stop();
  await call();
  await sleep(120);
  expect(holdUp.result()).toMatchObject({ outageMs: 0, came: [{ isRefused: false }, { isRefused: false }] });
});

test("the service fails, then the consumer is paused and says why, and then all is as before", async () => {
  const holdUp = start({ after: 1 });
  await expect.poll(holdUp.unfinished).toEqual(["standard is held up"]);
  expect(await call()).toBe(503);
  await expect.poll(call).toBe(200);
  await expect.poll(paused).toMatchObject({ because: "npm start shows that nothing is lost" });
  await expect.poll(holdUp.unfinished).toEqual([]);
  expect(await paused()).toBeUndefined();
  const { outageMs, pause, failure } = holdUp.result();
  expect(failure).toBeUndefined();
  expect(outageMs).toBeGreaterThan(1_000);
  expect((pause?.untilMs ?? 0) - (pause?.fromMs ?? 0)).toBeGreaterThan(500);
});

test("a consumer that nothing reads for is a failure, told in words", async () => {
  const holdUp = start({ after: 0, queueUrl: running.cloud.output("StandardDeadLetterQueueUrl") });
  await expect.poll(() => holdUp.result().failure).toContain("event source mapping");
});

function start({ after, queueUrl }: { after: number; queueUrl?: string }): HoldUp {
  const queue = consumerQueues(running.cloud.outputs).find(({ name }) => name === "standard");
  if (queue === undefined) throw new Error("The kit's app has a consumer standard");
  const plan = { consumer: "standard", calls: "carrierUrl", rate: { perSecond: 1, burst: 1 } };
  const read = { ...queue, ...(queueUrl && { queueUrl }) };
  return startHoldUp({ plan, cloud: running.cloud, queue: read, outside, after });
}

async function call(): Promise<number> {
  return (await fetch(outside.url, { method: "POST" })).status;
}

function paused() {
  const [queue] = consumerQueues(running.cloud.outputs).filter(({ name }) => name === "standard");
  return queue && pauseRecords(running.cloud.clients.dynamodb).read(queue);
}
