// The running system under single, exact faults: real bundles in processes of their own, killed at one request.

import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { Asked, Taken } from "@essentially-once/testing/internal/support/kit/messages";
import {
  aRunningCloud,
  eventually,
  type RunningCloud,
} from "@essentially-once/testing/internal/support/running-cloud";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

let running: RunningCloud;
let tillId: string;

beforeAll(async () => {
  running = await aRunningCloud();
});
beforeEach(async () => {
  tillId = newId();
  await running.put("StandardTable", { id: tillId, version: 1, available: 1_000 });
});
afterAll(() => running?.stop());

describe("a function", () => {
  it("G2: killed after its commit and before its response, takes effect once", async () => {
    const tripped = running.dynamodbWire.trip({
      operation: "TransactWriteItems",
      about: tillId,
      moment: "after",
      act: running.killFunctions,
    });
    await running.send("StandardQueueUrl", [anAsk(100)]);
    await tripped;
    expect(await available()).toBe(900);
    await drained();
    expect(await available()).toBe(900);
    expect(redeliveriesAfter("killed")).toBeGreaterThan(0);
  });

  it("G2: killed before its commit, takes effect once, by redelivery", async () => {
    const tripped = running.dynamodbWire.trip({
      operation: "TransactWriteItems",
      about: tillId,
      moment: "before",
      act: running.killFunctions,
    });
    await running.send("StandardQueueUrl", [anAsk(100)]);
    await tripped;
    expect(await available()).toBe(1_000);
    await drained();
    expect(await available()).toBe(900);
  });

  it("D1: whose commit's response is lost takes effect once", async () => {
    const tripped = running.dynamodbWire.trip({
      operation: "TransactWriteItems",
      about: tillId,
      moment: "after",
    });
    await running.send("StandardQueueUrl", [anAsk(100)]);
    await tripped;
    await drained();
    expect(await available()).toBe(900);
  });

  it("G2: given the same message five times at once takes effect once", async () => {
    const body = anAsk(100);
    await running.send("StandardQueueUrl", [body, body, body, body, body]);
    await drained();
    expect(await available()).toBe(900);
  });

  it("G5: with a poison message beside nine good ones does the nine and leaves the one to the dead-letter queue", async () => {
    const good = Array.from({ length: 9 }, () => anAsk(10));
    // A key longer than DynamoDB's 2,048 bytes: the handler's read throws every time.
    const id = newId();
    const poison = asciiJson(
      anEnvelope({ id, type: Asked.type, data: asking(newId(), 10, "x".repeat(3_000)) }),
    );
    await running.setVisibilityTimeout("StandardQueueUrl", 60); // only what it asks for itself may bring it back
    await running.send("StandardQueueUrl", [...good.slice(0, 4), poison, ...good.slice(4)]);
    await drained();
    expect(await available()).toBe(910);
    const deadLetters = await running.deadLetters("StandardDeadLetterQueueUrl");
    expect(deadLetters).toEqual([{ body: poison, reason: "REQUEST_REFUSED" }]);
    const receives = running.events.flatMap((event) =>
      event.kind === "redelivery" && event.envelopeId === id ? [event.receiveCount] : [],
    );
    expect(receives).toEqual([]); // a permanent error is not retried
  });
});

describe("the publisher", () => {
  it("G3: killed between send and delete loses nothing, and the consumer absorbs the duplicate", async () => {
    const ask = newId();
    const taken = anEnvelope({ ...Taken.from({ ask, amount: 100 }), source: "/standard" });
    const row = { id: newId(), createdAt: new Date().toISOString(), messages: [asciiJson(taken)] };
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
    await eventually("it is settled", async () => (await running.get("OrderedTable", ask)) !== undefined);
    await drained();
    const outcomes = logCodes("ordered", taken); // DUPLICATE alone when the kill met the consumer, too
    expect(outcomes).not.toEqual([]);
    expect(outcomes.filter((code) => code === "PROCESSED").length).toBeLessThanOrEqual(1);
    expect(await running.get("OrderedTable", ask)).toMatchObject({ amount: 100 });
  });

  it("G3: whose send is lost before it arrives sends again", async () => {
    const asked = anEnvelope({
      source: "/ask",
      type: Asked.type,
      data: asking(newId(), 100, tillId),
    });
    const tripped = running.sqsWire.trip({
      operation: "SendMessageBatch",
      moment: "before",
      act: running.killFunctions,
    });
    await running.put("OutboxTable", {
      id: newId(),
      createdAt: new Date().toISOString(),
      messages: [asciiJson(asked)],
    });
    await tripped;
    await eventually("the money is taken", async () => (await available()) === 900);
  });
});

function anAsk(amount: number): string {
  return asciiJson(anEnvelope({ type: Asked.type, data: asking(newId(), amount, tillId) }));
}

function asking(ask: string, amount: number, till: string) {
  return { ask, till, amount };
}

async function available(): Promise<unknown> {
  return (await running.get("StandardTable", tillId))?.available;
}

/** The queue is empty, and stays so for a moment: a message in between is in no count. */
async function drained(): Promise<void> {
  let quiet = 0;
  await eventually("the queues are drained", async () => {
    const empty = await Promise.all(
      ["StandardQueueUrl", "OrderedQueueUrl"].map((key) => running.isEmpty(key)),
    );
    quiet = empty.every(Boolean) ? quiet + 1 : 0;
    return quiet > 5;
  });
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
