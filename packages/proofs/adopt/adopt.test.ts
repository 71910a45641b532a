// The app whose code docs/adopt.md shows: it passes the wiring rules, runs in the local cloud, and applies a message once.
import { GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import { asciiJson } from "@essentially-once/messaging/envelope";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aRecorder, eventually } from "@essentially-once/testing/internal/support/local-function";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageApp, strayBlocks } from "./page-app.ts";

const app = pageApp();
const recorder = aRecorder();
let cloud: LocalCloud;

beforeAll(async () => {
  const assemblyDirectory = await app.synthesize("bin/app.ts");
  cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent });
});
afterAll(() => cloud?.stop());

describe("docs/adopt.md", () => {
  it("shows parts of the app as they are", () => {
    expect(strayBlocks()).toEqual([]);
    expect(strayBlocks("```ts\n// bin/app.ts\nconst foundation = 1;\n```\n")).toHaveLength(1);
  });

  it("one function alone, without foundation and relay, passes the wiring rules", async () => {
    await expect(app.synthesize("bin/billing.ts", { bundles: false })).resolves.toBeTruthy();
  });

  it("G2: a message that is sent twice to a function of one's own takes effect once", async () => {
    const order = { orderId: "order-1", customerId: "anna", total: 70 };
    const message = anEnvelope({ type: "shop.order-placed.v1", partitionkey: "order-1", data: order });
    await send("InvoiceQueueUrl", [asciiJson(message), asciiJson(message)]);
    await eventually(() => said("PROCESSED") === 1 && said("DUPLICATE") === 1);
    expect(await invoiceOf("anna", "order-1")).toMatchObject({ due: { N: "70" } });
    expect(await countByIndex("no")).toBe(1);
  });

  it("G1, G3: what a transaction of one's own puts into the outbox is relayed, and takes effect once", async () => {
    const order = { orderId: "order-2", customerId: "bert", total: 30 };
    for (const _again of [1, 2]) {
      expect(await cloud.invoke("Shop/PlaceOrder", order)).toMatchObject({ outcome: "ok" });
    }
    await eventually(() => said("PROCESSED") === 2 && said("DUPLICATE") === 2);
    expect(await invoiceOf("bert", "order-2")).toMatchObject({ due: { N: "30" } });
  });

  it("G5: with a handler that knows nothing of the kit, one bad record fails alone", async () => {
    await send("ReportQueueUrl", ["report 1", "no such thing", "report 2"]);
    const failures = await eventually(() =>
      recorder.of("invocation").find(({ path, failures }) => path === "Reports/MakeReport" && failures > 0),
    );
    expect(failures).toMatchObject({ outcome: "ok", failures: 1 });
  });

  it("no role lacks a permission", () => {
    expect(recorder.of("denial")).toEqual([]);
  });
});

async function send(output: string, bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await cloud.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: cloud.output(output), Entries }));
}

async function invoiceOf(customerId: string, orderId: string) {
  const Key = { customerId: { S: customerId }, orderId: { S: orderId } };
  const TableName = cloud.output("InvoicesTable");
  return (await cloud.clients.dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })))
    .Item;
}

async function countByIndex(paid: string) {
  const query = new QueryCommand({
    TableName: cloud.output("InvoicesTable"),
    IndexName: "byPaid",
    KeyConditionExpression: "paid = :paid",
    ExpressionAttributeValues: { ":paid": { S: paid } },
  });
  return (await cloud.clients.dynamodb.send(query)).Count;
}

/** Lines of the log with this code. */
function said(code: string): number {
  return recorder.said().filter((line) => (line as { code?: string }).code === code).length;
}
