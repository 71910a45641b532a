// A consumer that an operator pauses and resumes, on the running local cloud, by the commands as npm runs them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { nowMs, setClock } from "@essentially-once/messaging/clock";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anOperator, type Operator } from "@essentially-once/testing/internal/support/operator";
import { aRunningCloud, type RunningCloud } from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { stateOf } from "../src/consumers/overview.ts";
import { pauseRecords } from "../src/consumers/pause-record.ts";
import { goneWhilePaused, holdPauses, pause, pausedAmong, resume } from "../src/consumers/pauses.ts";
import { type ConsumerQueue, consumerQueues } from "../src/dead-letters/consumer-queues.ts";

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
    /^standard is paused\. .*\nstandard, with 0 messages: those sent since the pause expire in (95 h|3 d) at the earliest\. Older ones may expire sooner\.$/m,
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
    "second has a pause, and is Enabled: a deployment has enabled it, or a command was interrupted.",
  );
  const clients = { ...running.cloud.clients, lambda };
  expect(await holdPauses(clients, consumerQueues(running.cloud.outputs))).toEqual([{ name: "second" }]);
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

it("pauses, holds and resumes all mappings of a consumer, without one that is being deleted", async () => {
  const second = queueOf("second");
  const [own, other] = [await mappingOf("SecondQueueUrl"), await mappingOf("TimedQueueUrl")];
  const replaced = [{ UUID: "replaced", State: "Deleting" }];
  const clients = clientsWith(async (command, _input, send) => {
    if (command !== "ListEventSourceMappingsCommand") return send();
    const states = await Promise.all([own, other].map(stateOfMapping));
    return { EventSourceMappings: [...replaced, ...states] };
  });
  await pause(clients, second, "its carrier moves");
  expect(await stateOf(clients, second)).toMatchObject({ state: "Disabled" });
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: other, Enabled: true }));
  expect(await stateOf(clients, second)).toMatchObject({ state: "Disabled, Enabled" });
  expect(await holdPauses(clients, [second])).toEqual([{ name: "second" }]);
  expect(await stateOf(clients, second)).toMatchObject({ state: "Disabled" });
  expect(await resume(clients, second)).toBe(true);
  expect(await stateOf(clients, second)).toMatchObject({ state: "Enabled" });
});

it("a consumer whose mappings cannot be read does not keep others from being paused again", async () => {
  const [second, timed] = [queueOf("second"), queueOf("timed")];
  const records = pauseRecords(running.cloud.clients.dynamodb);
  for (const queue of [second, timed]) {
    const record = await records.write(queue, "a test");
    onTestFinished(() => records.remove(queue, record));
  }
  let lists = 0;
  const clients = clientsWith(async (command, _input, send) => {
    if (command !== "ListEventSourceMappingsCommand" || lists++ > 0) return send();
    throw busy();
  });
  const held = await holdPauses(clients, [second, timed]);
  expect(held.filter(({ error }) => error instanceof Error)).toHaveLength(1);
  expect(held).toHaveLength(2);
  for (const queue of [second, timed]) await resume(clients, queue);
});

it("waits while Lambda is busy with another change of the mapping", async () => {
  const second = queueOf("second");
  let refusals = 2;
  const clients = clientsWith(async (command, _input, send) => {
    if (command !== "UpdateEventSourceMappingCommand" || refusals-- <= 0) return send();
    throw busy();
  });
  await pause(clients, second, "its carrier moves");
  expect(await stateOf(clients, second)).toMatchObject({
    state: "Disabled",
    pause: { by: expect.any(String) },
  });
  refusals = 1;
  expect(await resume(clients, second)).toBe(true);
  expect(await stateOf(clients, second)).toMatchObject({ state: "Enabled" });
});

it("leaves the record as it was when Lambda does not take the change", async () => {
  const second = queueOf("second");
  const records = pauseRecords(running.cloud.clients.dynamodb);
  onTestFinished(() => void setClock(Date.now));
  const clients = clientsWith(async (command, _input, send) => {
    if (command !== "UpdateEventSourceMappingCommand") return send();
    const laterMs = nowMs() + 301_000;
    setClock(() => laterMs);
    throw busy();
  });
  await expect(pause(clients, second, "its carrier moves")).rejects.toThrow(
    /does not disable .*ResourceInUse/,
  );
  expect(await records.read(second)).toBeUndefined();
  await pause({ ...running.cloud.clients, lambda }, second, "its carrier moves");
  await expect(resume(clients, second)).rejects.toThrow(/does not enable/);
  expect(await records.read(second)).toMatchObject({ because: "its carrier moves" });
  expect(await resume({ ...running.cloud.clients, lambda }, second)).toBe(true);
  expect(await records.read(second)).toBeUndefined();
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

function queueOf(name: string): ConsumerQueue {
  const queue = consumerQueues(running.cloud.outputs).find((each) => each.name === name);
  if (queue === undefined) throw new Error(`no consumer ${name}`);
  return queue;
}

type Answer = (command: string, input: unknown, send: () => Promise<unknown>) => Promise<unknown>;

/** With a Lambda that gives other answers; `send` asks the local one. */
function clientsWith(answer: Answer) {
  const { endpoint, region, credentials } = lambda.config;
  const other = new LambdaClient({ endpoint: endpoint as never, region, credentials });
  onTestFinished(() => other.destroy());
  other.middlewareStack.add(
    (next, { commandName = "" }) =>
      async function answerOtherwise(args) {
        const send = async () => (await next(args)).output;
        return { output: (await answer(commandName, args.input, send)) as never, response: undefined };
      },
    { step: "initialize" },
  );
  return { ...running.cloud.clients, lambda: other };
}

function busy(): Error {
  return Object.assign(new Error("the mapping is in use"), {
    name: "ResourceInUseException",
    $fault: "client",
  });
}

function stateOfMapping(UUID: string) {
  return lambda.send(new GetEventSourceMappingCommand({ UUID }));
}

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
