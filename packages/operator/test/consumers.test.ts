// A consumer that an operator pauses and resumes, on the running local cloud, by the commands as npm runs them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import { aRunningCloud, type RunningCloud } from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, expect, it } from "vitest";
import { goneWhilePaused, holdPauses, pausedAmong } from "../src/consumers/pauses.ts";
import { consumerQueues } from "../src/dead-letters/consumer-queues.ts";

let running: RunningCloud;
let operator: Operator;
let directory: string;
let lambda: LambdaClient;

beforeAll(async () => {
  running = await aRunningCloud();
  directory = await mkdtemp(join(tmpdir(), "essentially-once-consumers-"));
  operator = await anOperator(running.cloud, directory);
  const { lambda: endpoint = "" } = running.cloud.endpoints;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  lambda = new LambdaClient({ endpoint, region: "us-east-1", credentials });
});
afterAll(async () => {
  operator?.stop();
  lambda.destroy();
  await running.stop();
  await rm(directory, { recursive: true });
});

it("lists every consumer as running, and refuses a pause without a reason or of nobody", async () => {
  const { stdout, exitCode } = await operator.run("consumers", "list");
  expect(stdout).toMatch(/^standard +Enabled +0/m);
  expect(stdout.split("\n").filter((line) => line.includes("Enabled"))).toHaveLength(5);
  expect(exitCode).toBe(0);
  expect(await operator.run("consumers", "pause", "standard")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("--because"),
  });
  expect(await operator.run("consumers", "pause", "nobody", "--because", "x")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("NAME must be one of at-most-once, ordered, second, standard, timed"),
  });
});

it("G6: a paused consumer keeps its messages, loses and parks none, and goes on when it is resumed", async () => {
  const paused = await operator.run("consumers", "pause", "Standard", "--because", "the bank is down");
  expect(paused.stdout).toMatch(
    /^standard is paused\. .*\nstandard, with 0 messages: no message expires for another 11 h\./,
  );
  await running.put("StandardTable", { id: "t", version: 1, available: 100 });
  await running.send("StandardQueueUrl", [message("a"), message("b")]);
  const list = await operator.run("consumers", "list");
  expect(list.stdout).toMatch(/^standard +Disabled +2 +\d+ s ago +\S+ +the bank is down$/m);
  expect(list.exitCode).toBe(4);
  expect((await operator.run("consumers", "pause", "standard", "--because", "again")).stdout).toMatch(
    /^standard was paused \d+ s ago by \S+: the bank is down/,
  );
  expect(await running.get("StandardTable", "t")).toMatchObject({ available: 100 });

  const resumed = await operator.run("consumers", "resume", "standard");
  expect(resumed.stdout).toBe("standard receives messages again.\n");
  await expect.poll(() => running.isEmpty("StandardQueueUrl")).toBe(true);
  expect(await running.get("StandardTable", "t")).toMatchObject({ available: 98 });
  expect(await running.deadLetters("StandardDeadLetterQueueUrl")).toEqual([]);
  expect((await operator.run("consumers", "list")).exitCode).toBe(0);
  expect((await operator.run("consumers", "resume", "standard")).exitCode).toBe(3);
});

it("says when a deployment has enabled a paused consumer, and a deployment by the command pauses it again", async () => {
  await operator.run("consumers", "pause", "second", "--because", "its carrier moves");
  const uuid = await mappingOf("SecondQueueUrl");
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: true }));
  expect((await operator.run("consumers", "list")).stdout).toContain(
    "second was paused, and is Enabled: a deployment has enabled it.",
  );
  const clients = { ...running.cloud.clients, lambda };
  expect(await holdPauses(clients, consumerQueues(running.cloud.outputs))).toEqual(["second"]);
  expect(await holdPauses(clients, consumerQueues(running.cloud.outputs))).toEqual([]);
  const queues = consumerQueues(running.cloud.outputs);
  const paused = await pausedAmong(clients, queues);
  expect([...paused.keys()]).toEqual(["second"]);
  expect(goneWhilePaused(paused, queues)).toEqual([]);
  const renamed = queues.map((each) => (each.name === "second" ? { ...each, name: "third" } : each));
  expect(goneWhilePaused(paused, renamed)).toEqual([expect.stringContaining("(its carrier moves), is gone")]);
  await operator.run("consumers", "resume", "second");
});

it("says of a consumer that somebody else disabled that nobody said why", async () => {
  const uuid = await mappingOf("SecondQueueUrl");
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: false }));
  const { stdout, exitCode } = await operator.run("consumers", "list");
  expect(stdout).toContain("second is Disabl");
  expect(exitCode).toBe(4);
  expect((await operator.run("consumers", "resume", "second")).exitCode).toBe(0);
});

it("the local Lambda refuses by name what it does not know", async () => {
  const uuid = await mappingOf("SecondQueueUrl");
  const larger = new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: true, BatchSize: 100 });
  await expect(lambda.send(larger)).rejects.toMatchObject({ name: "InvalidParameterValueException" });
  const unknown = new UpdateEventSourceMappingCommand({ UUID: "0", Enabled: true });
  await expect(lambda.send(unknown)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  const { lambda: endpoint = "" } = running.cloud.endpoints;
  const page = await fetch(`${endpoint}/2015-03-31/event-source-mappings/`, {
    headers: { origin: "https://example.com" },
  });
  expect(page.status).toBe(403);
});

async function mappingOf(queueKey: string): Promise<string> {
  const { Attributes } = await running.cloud.clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: running.cloud.output(queueKey), AttributeNames: ["QueueArn"] }),
  );
  const found = await lambda.send(
    new ListEventSourceMappingsCommand({ EventSourceArn: Attributes?.QueueArn }),
  );
  return found.EventSourceMappings?.[0]?.UUID ?? "";
}

function message(id: string): string {
  return asciiJson(anEnvelope({ type: "kit.asked.v1", id, data: { ask: id, till: "t", amount: 1 } }));
}
