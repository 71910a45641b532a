// Queues that others fill, on the local cloud: JSON that a program sends, a topic, a bus and a bucket, each with copies.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetQueueAttributesCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import { listDeadLetters } from "@essentially-once/operator/dead-letters/list";
import { aRecorder, eventually } from "@essentially-once/testing/internal/support/local-function";
import { temporaryDirectory } from "@essentially-once/testing/synthesized";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../src/cloud.ts";
import { sendRequest } from "../src/resources/service-request.ts";

const order = (orderId: string) => JSON.stringify({ orderId, cents: 500 });
const recorder = aRecorder();
let cloud: LocalCloud;

beforeAll(async () => {
  const assemblyDirectory = temporaryDirectory("assembly");
  const env = { ...process.env, CDK_OUTDIR: assemblyDirectory };
  await promisify(execFile)(process.execPath, ["packages/testing/src/support/existing-queues/app.ts"], {
    env,
  }); // in a third of cdk's time
  cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent });
});
afterAll(() => cloud.stop());

test("G2: each message that others send takes effect once, whichever service brings it, and how often", async () => {
  for (const _copy of [1, 2]) {
    await send("ImportOrder", order("o-1"));
    await publish(order("o-2"));
    await put("shop.orders", "Order Placed", order("o-3"));
  }
  await put("another", "Order Placed", order("o-4"));
  await put("shop.orders", "Order Canceled", order("o-5"));
  const { s3 } = cloud.clients;
  for (const Key of ["in/a report (1)+ü.csv", "in/notes.txt"])
    await s3.send(new PutObjectCommand({ Bucket: "shop-files", Key, Body: "a,b" }));
  await s3.send(new DeleteObjectCommand({ Bucket: "shop-files", Key: "in/a report (1)+ü.csv" }));
  const wanted = {
    "import-order o-1": 1,
    "audit-order o-2": 1,
    "bill-order o-3": 1,
    "import-file in/a report (1)+ü.csv": 1,
  };
  await eventually(async () => Object.keys(await effects()).length >= 4 && (await areEmpty()));
  expect(await effects()).toEqual(wanted);
  const all = consumerQueues(cloud.outputs);
  expect(all.map(({ consumer, from }) => `${consumer} ${from?.form.form}`)).toEqual([
    "AuditOrder sns",
    "BillOrder event-bridge",
    "ImportFile s3-notifications",
    "ImportOrder raw-json",
  ]);
  expect((await listDeadLetters(cloud.clients.sqs, all)).deadLetters).toEqual([]); // nor S3's test event
  expect(recorder.of("denial")).toEqual([]);
});

test("EventBridge is told by name what it does not know", async () => {
  const refused = put("", "", "").catch(String);
  expect(await refused).toContain("ValidationException");
  const other = sendRequest({ ...eventBridge("ListRules"), body: "{}" }).catch(String);
  expect(await other).toContain("ListRules is not supported; supported are PutEvents");
});

test("docs/existing-queues.md shows what runs here", () => {
  const page = readFileSync("docs/existing-queues.md", "utf8");
  for (const [file, mark] of [
    ["contracts", "contracts"],
    ["app", "stack"],
  ] as const) {
    const text = readFileSync(`packages/testing/src/support/existing-queues/${file}.ts`, "utf8");
    const [, part = ""] = new RegExp(`// <${mark}>\n(.*?)\\n *// </${mark}>`, "s").exec(text) ?? [];
    expect(part.length).toBeGreaterThan(500);
    expect(page).toContain(`\`\`\`ts\n${part}\n\`\`\``);
  }
});

async function send(consumer: string, MessageBody: string): Promise<void> {
  const QueueUrl = cloud.output(`${consumer}QueueUrl`);
  await cloud.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function publish(Message: string): Promise<void> {
  const TopicArn = cloud.output("OrdersTopic");
  await sendRequest({
    endpoint: cloud.endpoints.sns,
    service: "sns",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ Action: "Publish", Version: "2010-03-31", TopicArn, Message }).toString(),
  });
}

async function put(Source: string, DetailType: string, Detail: string): Promise<void> {
  await sendRequest({
    ...eventBridge("PutEvents"),
    body: JSON.stringify({ Entries: [{ Source, DetailType, Detail }] }),
  });
}

function eventBridge(operation: string) {
  return {
    endpoint: cloud.endpoints.eventBridge ?? "",
    service: "events",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AWSEvents.${operation}` },
  };
}

async function effects(): Promise<Record<string, unknown>> {
  const { Items = [] } = await cloud.clients.dynamodb.send(
    new ScanCommand({ TableName: cloud.output("ImportsTable"), ConsistentRead: true }),
  );
  return Object.fromEntries(Items.map((item) => unmarshall(item)).map(({ id, times }) => [id, times]));
}

async function areEmpty(): Promise<boolean> {
  const depths = cloud.deployment.sqsMappings.map(async ({ queueUrl: QueueUrl }) => {
    const { Attributes = {} } = await cloud.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }),
    );
    return (
      Number(Attributes.ApproximateNumberOfMessages) +
      Number(Attributes.ApproximateNumberOfMessagesNotVisible)
    );
  });
  return (await Promise.all(depths)).every((depth) => depth === 0);
}
