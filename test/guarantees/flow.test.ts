// The running system under single, exact faults: real bundles in processes of their own, killed at one request.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CreditReserved } from "../../functions/credit/messages.ts";
import { asciiJson, type Envelope } from "../../functions/messaging/envelope.ts";
import { newId } from "../../functions/messaging/ids.ts";
import { OrderPlaced } from "../../functions/orders/messages.ts";
import { anEnvelope } from "../support/an-envelope.ts";
import { aRunningCloud, eventually, type RunningCloud } from "../support/running-cloud.ts";

let running: RunningCloud;
let customerId: string;

beforeAll(async () => {
  running = await aRunningCloud();
}, 120_000);
beforeEach(async () => {
  customerId = newId();
  await running.put("CreditTable", { id: customerId, version: 1, limit: 1_000, available: 1_000 });
});
afterAll(() => running?.stop());

describe("a function", () => {
  it("G2: killed after its commit and before its response, takes effect once", async () => {
    const tripped = running.dynamodbWire.trip({
      operation: "TransactWriteItems",
      moment: "after",
      act: running.killFunctions,
    });
    await running.send("ReserveCreditQueueUrl", [aPlacedOrder(100)]);
    await tripped;
    expect(await available()).toBe(900);
    await drained();
    expect(await available()).toBe(900);
    expect(redeliveriesAfter("killed")).toBeGreaterThan(0);
  });

  it("G2: killed before its commit, takes effect once, by redelivery", async () => {
    const tripped = running.dynamodbWire.trip({
      operation: "TransactWriteItems",
      moment: "before",
      act: running.killFunctions,
    });
    await running.send("ReserveCreditQueueUrl", [aPlacedOrder(100)]);
    await tripped;
    expect(await available()).toBe(1_000);
    await drained();
    expect(await available()).toBe(900);
  });

  it("D1: whose commit's response is lost takes effect once", async () => {
    const tripped = running.dynamodbWire.trip({ operation: "TransactWriteItems", moment: "after" });
    await running.send("ReserveCreditQueueUrl", [aPlacedOrder(100)]);
    await tripped;
    await drained();
    expect(await available()).toBe(900);
  });

  it("G2: given the same message five times at once takes effect once", async () => {
    const body = aPlacedOrder(100);
    await running.send("ReserveCreditQueueUrl", [body, body, body, body, body]);
    await drained();
    expect(await available()).toBe(900);
  });

  it("G5: with a poison message beside nine good ones does the nine and leaves the one to the dead-letter queue", async () => {
    const good = Array.from({ length: 9 }, () => aPlacedOrder(10));
    // A key longer than DynamoDB's 2,048 bytes: the handler's read throws every time.
    const poison = asciiJson(
      anEnvelope({ type: OrderPlaced.type, data: aPlacement(newId(), 10, "x".repeat(3_000)) }),
    );
    await running.send("ReserveCreditQueueUrl", [...good.slice(0, 4), poison, ...good.slice(4)]);
    await drained(60_000);
    expect(await available()).toBe(910);
    const letters = await running.deadLetters("ReserveCreditDeadLetterQueueUrl");
    expect(letters).toEqual([{ body: poison, reason: "RETRIES_EXHAUSTED" }]);
    const receives = running.events.filter(
      (event) => event.kind === "redelivery" && event.afterOutcome === "returned",
    );
    expect(receives.length).toBeGreaterThanOrEqual(4);
  });
});

describe("the publisher", () => {
  it("G3: killed between send and delete loses nothing, and the consumer absorbs the duplicate", async () => {
    const order = {
      id: newId(),
      version: 1,
      customerId,
      total: 100,
      status: "new",
      lines: [],
      shipTo: "Main Street 1",
      placedAt: "",
    };
    await running.put("OrdersTable", order);
    const reserved = anEnvelope(CreditReserved.from({ orderId: order.id }));
    const row = { id: newId(), createdAt: new Date().toISOString(), messages: [asciiJson(reserved)] };
    const tripped = running.dynamodbWire.trip({
      operation: "BatchWriteItem",
      moment: "before",
      act: running.killFunctions,
    });
    await running.put("OutboxTable", row);
    await tripped;
    await eventually(
      "the outbox is empty",
      async () => (await running.get("OutboxTable", row.id)) === undefined,
    );
    await eventually(
      "the order is approved",
      async () => (await running.get("OrdersTable", order.id))?.status !== "new",
    );
    await drained();
    const outcomes = logCodes("settle-order", reserved);
    expect(outcomes).toContain("PROCESSED");
    expect(outcomes.filter((code) => code === "PROCESSED")).toHaveLength(1);
  });

  it("G3: whose send is lost before it arrives sends again", async () => {
    const placed = anEnvelope({ type: OrderPlaced.type, data: aPlacement(newId(), 100, customerId) });
    const tripped = running.sqsWire.trip({
      operation: "SendMessageBatch",
      moment: "before",
      act: running.killFunctions,
    });
    await running.put("OutboxTable", {
      id: newId(),
      createdAt: new Date().toISOString(),
      messages: [asciiJson(placed)],
    });
    await tripped;
    await eventually("credit is reserved", async () => (await available()) === 900);
  });
});

function aPlacedOrder(total: number): string {
  return asciiJson(anEnvelope({ type: OrderPlaced.type, data: aPlacement(newId(), total, customerId) }));
}

function aPlacement(orderId: string, total: number, customer: string) {
  return { orderId, customerId: customer, total };
}

async function available(): Promise<unknown> {
  return (await running.get("CreditTable", customerId))?.available;
}

/** The queue is empty, and stays so for a moment: a message in between is in no count. */
async function drained(withinMs?: number): Promise<void> {
  let quiet = 0;
  await eventually(
    "the queues are drained",
    async () => {
      const empty = await Promise.all(
        ["ReserveCreditQueueUrl", "SettleOrderQueueUrl"].map((key) => running.isEmpty(key)),
      );
      quiet = empty.every(Boolean) ? quiet + 1 : 0;
      return quiet > 5;
    },
    withinMs,
  );
}

function redeliveriesAfter(outcome: string): number {
  return running.events.filter((event) => event.kind === "redelivery" && event.afterOutcome === outcome)
    .length;
}

function logCodes(consumer: string, message: Envelope): string[] {
  return running.events
    .flatMap((event) => (event.kind === "log" && event.line.startsWith("{") ? [JSON.parse(event.line)] : []))
    .filter((line) => line.consumer === consumer && line.messageId === message.id)
    .map((line) => line.code as string);
}
