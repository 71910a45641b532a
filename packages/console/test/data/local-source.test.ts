// The console of a local cloud that runs: its graph, its counts, and trouble by hand with its consequences.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import { type Outside, startOutside } from "@essentially-once/local-cloud/internal/trial/send/outside";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { eventually } from "@essentially-once/testing/internal/support/local-function";
import { oneStack, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { AttributeType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Code, FunctionUrlAuthType, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryEnd, Step } from "../../src/api/message.ts";
import type { StreamEvent } from "../../src/api/stream.ts";
import { localSource } from "../../src/data/local-source.ts";
import { startRecorder } from "../../src/data/seen/recorder.ts";
import type { Source, TroubleSource } from "../../src/data/source.ts";

/** Says what a consumer says: processed at first, a duplicate afterwards. */
const HANDLER = `export const handler = async ({ Records = [], body }) => {
  for (const { body, attributes } of Records) {
    const { id: messageId, source, type, correlationid: correlation_id, data } = JSON.parse(body);
    await new Promise((resolve) => setTimeout(resolve, data.ms ?? 0));
    const code = attributes.ApproximateReceiveCount === "1" && !data.again ? "PROCESSED" : "DUPLICATE";
    console.log(JSON.stringify({ code, messageId, source, type, correlation_id }));
  }
  return body ? { orderId: "order-1" } : { batchItemFailures: [] };
};`;

const path = "Shop/Consumer";
let cloud: LocalCloud;
let outside: Outside;
let source: Source;
let trouble: TroubleSource;
let events: StreamEvent[];

beforeAll(async () => {
  const recorder = startRecorder();
  outside = await startOutside(() => ({ status: 200, body: {} }));
  cloud = await startLocalCloud({ assemblyDirectory: oneStack(aShop), onEvent: recorder.note });
  source = localSource({ cloud, outsides: new Map([["carrierUrl", outside]]) }, recorder);
  if (!source.trouble) throw new Error("the local cloud makes trouble");
  trouble = source.trouble;
  events = [];
  source.watch((event) => void events.push(event));
});
afterAll(async () => {
  await source.stop();
  await Promise.all([cloud.stop(), outside.stop()]);
});

test("the graph goes from the endpoint and the queue to the function, and to the dead letters", async () => {
  const { nodes, edges } = await source.flow();
  const kinds = nodes.map(({ kind, label }) => `${kind} ${label}`).sort();
  expect(kinds).toEqual([
    "dead-letter-queue Consumer",
    "function Consumer",
    "outside carrierUrl",
    "queue Consumer",
    "table ShopTable",
    "url POST Consumer",
  ]);
  const named = new Map(nodes.map(({ id, kind }) => [id, kind]));
  expect(edges.map(({ from, to, kind }) => `${named.get(from)} ${kind} ${named.get(to)}`).sort()).toEqual([
    "function writes table",
    "queue delivers function",
    "queue fails-to dead-letter-queue",
    "url calls function",
  ]);
  const about = await source.about();
  expect(about).toMatchObject({
    target: "local",
    mayChange: true,
    mayTrouble: true,
    outsides: ["carrierUrl"],
  });
  expect(about.consumers).toMatchObject([{ consumer: "Consumer", name: "consumer", nodeId: path }]);
});

describe("a kill", () => {
  test("of a function at work is at once, and its message is redelivered", async () => {
    const id = await sent({ ms: 1_500 });
    await eventually(async () => (await deliveriesOf(id)).length === 1);
    expect(await trouble.make({ what: "kill", functionPath: path })).toMatchObject({ done: "now" });
    expect(await eventuallyEnds(id, 2)).toEqual(["killed", "duplicate"]); // this function's word for a second receive
    expect((await deliveriesOf(id))[0]?.chaos).toContain("kill");
  });

  test("of one that is idle comes with its next delivery, after its commit: the duplicate is absorbed", async () => {
    await eventually(async () => (await source.counts()).nodes[path]?.totals?.running === 0);
    expect(await trouble.make({ what: "kill", functionPath: path })).toMatchObject({ done: "armed" });
    const id = await sent({});
    expect(await eventuallyEnds(id, 2)).toEqual(["killed", "duplicate"]);
    const [first, second] = await deliveriesOf(id);
    expect(first?.text).toContain("after its effect was committed");
    expect(second?.text).toContain("absorbed");
    expect(first?.environment).not.toBe(second?.environment);
    const node = (await source.counts()).nodes[path];
    expect(node?.totals).toMatchObject({ kills: 2 });
    expect(node?.totals?.duplicatesAbsorbed).toBeGreaterThanOrEqual(1);
  });
});

test("G6: a pause by hand holds its messages, with a reason, and a resume lets them go", async () => {
  await expect(source.consumers.pause({ consumer: "Nobody", because: "x" })).rejects.toThrow(
    'There is no consumer "Nobody"; there are: Consumer.',
  );
  expect(await source.consumers.pause({ consumer: "Consumer", because: "the bank is down" })).toEqual({
    text: "Consumer is paused.",
  });
  expect((await source.consumers.pause({ consumer: "Consumer", because: "again" })).text).toContain(
    "was paused already",
  );
  const { nodes } = await source.counts();
  expect(nodes["queue Consumer"]?.paused).toMatchObject({
    by: "hand",
    reason: expect.stringContaining("the bank is down"),
  });
  const id = await sent({});
  await eventually(async () => (await source.counts()).nodes["queue Consumer"]?.waiting === 1);
  expect(await deliveriesOf(id)).toEqual([]);
  expect((await source.consumers.resume({ consumer: "Consumer" })).text).toBe(
    "Consumer receives messages again.",
  );
  expect((await source.counts()).nodes["queue Consumer"]?.paused).toBeUndefined();
  expect(await eventuallyEnds(id, 1)).toEqual(["processed"]);
  expect((await source.consumers.resume({ consumer: "Consumer" })).text).toBe("Consumer was not paused.");
});

test("a message is delivered twice: the next batch to two processes, or one that was there, once more", async () => {
  await trouble.make({ what: "duplicate", functionPath: path });
  const id = await sent({});
  await eventuallyEnds(id, 2);
  expect(new Set((await deliveriesOf(id)).map(({ environment }) => environment)).size).toBe(2);
  const message = { id, source: "/tests" };
  expect(await trouble.make({ what: "duplicate", functionPath: path, message })).toMatchObject({
    done: "now",
  });
  await eventuallyEnds(id, 3);
});

test("a response that is dropped brings the message again", async () => {
  await trouble.make({ what: "drop-response", functionPath: path });
  const id = await sent({});
  expect(await eventuallyEnds(id, 2)).toEqual(["response-dropped", "duplicate"]);
});

test("an outside service is stopped and started", async () => {
  const status = async () => (await fetch(outside.url)).status;
  await trouble.make({ what: "stop-outside", outside: "carrierUrl" });
  expect(await status()).toBe(503);
  await trouble.make({ what: "start-outside", outside: "carrierUrl" });
  expect(await status()).toBe(200);
});

test.each([
  [{ what: "kill", functionPath: "Shop/Nobody" }, "there are: Shop/Consumer"],
  [{ what: "stop-outside", outside: "weather" }, "there are: carrierUrl"],
  [{ what: "duplicate", functionPath: path, message: { id: "x", source: "y" } }, "did not get this message"],
] as const)("%j is refused: %s", async (request, why) => {
  await expect(trouble.make(request)).rejects.toThrow(why);
});

test("a request is sent from a form, whose example shows no request of a customer", async () => {
  const [form] = await trouble.forms();
  expect(form).toMatchObject({ kind: "request", label: "POST Consumer" });
  const answer = await trouble.send({ form: form?.id ?? "", data: '{"sku":"rope"}' });
  expect(answer).toMatchObject({ text: '200 {"orderId":"order-1"}', search: "order-1" });
  expect(await trouble.forms()).toContainEqual(form);
  await expect(trouble.send({ form: form?.id ?? "", data: "{" })).rejects.toThrow("must be JSON");
});

test("what happens is told as it happens, without a payload", () => {
  const told = new Set(events.flatMap((event) => (event.kind === "activity" ? [event.activity.what] : [])));
  expect([...told]).toEqual(
    expect.arrayContaining(["invocation", "kill", "redelivery", "absorbed", "duplicate"]),
  );
  expect(JSON.stringify(events)).not.toContain("rope");
});

async function sent(data: unknown): Promise<string> {
  const message = anEnvelope({ source: "/tests", data } as Partial<Envelope>);
  const QueueUrl = cloud.output("ConsumerQueueUrl");
  await cloud.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: asciiJson(message) }));
  return message.id;
}

async function deliveriesOf(id: string): Promise<Step[]> {
  const told = await source.message({ id });
  return told?.steps.filter(({ what }) => what === "delivered") ?? [];
}

async function endsOf(id: string): Promise<DeliveryEnd[]> {
  return (await deliveriesOf(id)).flatMap(({ end, ranMs }) => (end && ranMs !== undefined ? [end] : []));
}

async function eventuallyEnds(id: string, count: number): Promise<DeliveryEnd[]> {
  await eventually(async () => (await endsOf(id)).length >= count);
  return endsOf(id);
}

function aShop(stack: Stack): void {
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const fn = new LambdaFunction(stack, "Consumer", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromAsset(directory),
    timeout: Duration.seconds(10),
    environment: { CONTRACT: JSON.stringify({ name: "consumer", accepts: [], publishes: [] }) },
  });
  const dead = new Queue(stack, "Dead");
  const queue = new Queue(stack, "Queue", {
    visibilityTimeout: Duration.seconds(2),
    deadLetterQueue: { queue: dead, maxReceiveCount: 100 },
  });
  fn.addEventSource(
    new SqsEventSource(queue, { reportBatchItemFailures: true, maxConcurrency: 4, batchSize: 1 }),
  );
  const id = { name: "id", type: AttributeType.STRING };
  const tables = ["Table", "Evidence"].map(
    (name) => new TableV2(stack, name, { partitionKey: id, removalPolicy: RemovalPolicy.DESTROY }),
  );
  const [table, evidence] = tables.map(({ tableName }) => tableName);
  fn.addEnvironment("TABLE", table ?? "");
  const outputs = {
    ConsumerConsumer: "consumer",
    ConsumerQueueUrl: queue.queueUrl,
    ConsumerDeadLetterQueueUrl: dead.queueUrl,
    ShopTable: table,
    ShopEvidenceTable: evidence,
    Url: fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url,
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value: value ?? "" });
}
