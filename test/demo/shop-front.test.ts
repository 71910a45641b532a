import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { localEngines } from "@essentially-once/testing/local-engines";
import { expect, test } from "vitest";
import { openShopFront, viewsOf } from "../../demo/shop-front.ts";
import { OrderViewed } from "../../functions/insights/messages.ts";

const engines = localEngines();
const keys = Array.from({ length: 400 }, (_, n) => `seed-1-order-${n + 1}`);

test("the seed says which orders are looked at; it is about one look for each order", () => {
  const views = keys.map((key) => viewsOf(key, 1));
  expect(keys.map((key) => viewsOf(key, 1))).toEqual(views);
  expect(keys.map((key) => viewsOf(key, 2))).not.toEqual(views);
  expect(new Set(views)).toEqual(new Set([0, 1, 2]));
  const all = views.reduce((sum, one) => sum + one, 0);
  expect(all / keys.length).toBeGreaterThan(0.8);
  expect(all / keys.length).toBeLessThan(1.2);
});

test("it knows what it sent, and the counter of views can read it", async () => {
  const { queueUrl } = await engines.aQueue();
  const shopFront = openShopFront({ endpoint: engines.endpoints.sqs, queueUrl, seed: 1 });
  const key = keys.find((one) => viewsOf(one, 1) === 2) ?? "";
  shopFront.show({ key, orderIds: ["o-1"], requests: 1 });
  shopFront.show({ key, orderIds: [], requests: 12, failure: "HTTP 500" });
  await shopFront.close();

  const { Messages = [] } = await engines.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
  );
  expect([...shopFront.sent]).toEqual([["o-1", 2]]);
  const seen = Messages.map(({ Body = "" }) => readEnvelope(Body));
  expect(seen).toHaveLength(2);
  for (const { type, data } of seen) {
    expect(type).toBe(OrderViewed.type);
    expect(await OrderViewed.parse(data)).toEqual({ orderId: "o-1" });
  }
  expect(new Set(seen.map(({ id }) => id)).size).toBe(2);
});
