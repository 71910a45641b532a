import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import type { Draft } from "@essentially-once/messaging/message-type";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CreditDenied, CreditReserved } from "../../../functions/credit/messages.ts";
import { newOrder } from "../../../functions/orders/order.ts";
import { OrderShipped } from "../../../functions/shipping/messages.ts";

let world: World;
let handler: typeof import("../../../functions/orders/settle-order.ts").handler;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
  world.enter("Orders/SettleOrder");
  ({ handler } = await import("../../../functions/orders/settle-order.ts"));
});
afterAll(() => world.stop());

it("approves, announces and closes an order", async () => {
  const orderId = await aNewOrder();
  await receive(CreditReserved.from({ orderId }));
  expect(await statusOf(orderId)).toBe("approved");
  expect(await announced(orderId)).toEqual(["orders.order-approved.v1"]);
  await receive(OrderShipped.from({ orderId, consignmentId: "c-1" }));
  expect(await statusOf(orderId)).toBe("shipped");
});

it("announces a wholesale order by claim check, since its item must hold the order too", async () => {
  const lines = Array.from({ length: 1_000 }, () => ({ sku: newId(), quantity: 1, unitPrice: 100 }));
  const orderId = await aNewOrder(lines);
  await receive(CreditReserved.from({ orderId }));
  const order = await world.get(world.output("OrdersTable"), orderId);
  const [text = ""] = (order?.eo_outbox ?? []) as string[];
  const { data, dataref } = JSON.parse(text);
  expect(data).toBeUndefined();
  expect(JSON.parse(await claimStore().get(dataref))).toMatchObject({ orderId, lines });
});

it("G2: a step that comes again after later steps is a duplicate, not a dead letter", async () => {
  const orderId = await aNewOrder();
  const reserved = anEnvelope(CreditReserved.from({ orderId }));
  await deliver(reserved);
  await receive(OrderShipped.from({ orderId, consignmentId: "c-1" }));
  await deliver(reserved);
  expect(await statusOf(orderId)).toBe("shipped");
  expect(await world.drain(world.output("SettleOrderDeadLetterQueueUrl"))).toEqual([]);
});

it("cancels an order that credit denied, and announces nothing", async () => {
  const orderId = await aNewOrder();
  await receive(CreditDenied.from({ orderId }));
  expect(await statusOf(orderId)).toBe("canceled");
  expect(await announced(orderId)).toEqual([]);
});

it.each([
  ["ORDER_UNKNOWN", () => newId()],
  ["ORDER_STATUS", () => aNewOrder()],
])("parks a step that makes no sense as %s", async (code, orderId) => {
  await receive(OrderShipped.from({ orderId: await orderId(), consignmentId: "c-1" }));
  const letters = await world.drain(world.output("SettleOrderDeadLetterQueueUrl"));
  expect(letters).toMatchObject([{ attributes: { ReasonCode: code } }]);
});

async function aNewOrder(lines = [{ sku: "tea", quantity: 1, unitPrice: 100 }]): Promise<string> {
  const order = newOrder({
    id: newId(),
    customerId: "c-1",
    lines,
    shipTo: "Main Street 1",
    placedAt: "2026-01-01T00:00:00Z",
  });
  await world.put(world.output("OrdersTable"), { ...order, version: 1 });
  return order.id;
}

function receive(draft: Draft): Promise<void> {
  return deliver(anEnvelope(draft));
}

async function deliver(message: Envelope): Promise<void> {
  const record = anSqsRecord(asciiJson(message), { queueName: "settle.fifo", group: message.partitionkey });
  expect(await handler(anSqsEvent(await signed(record)), aContext())).toEqual({ batchItemFailures: [] });
}

async function statusOf(orderId: string): Promise<unknown> {
  return (await world.get(world.output("OrdersTable"), orderId))?.status;
}

async function announced(orderId: string): Promise<string[]> {
  const order = await world.get(world.output("OrdersTable"), orderId);
  return ((order?.eo_outbox ?? []) as string[]).map((body) => JSON.parse(body).type);
}
