// The promises, on the deployed stacks: `npm run test:e2e`. Data of its own, so it may run beside others.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DeadLetterOverview, Job } from "@essentially-once/console/internal/api/dead-letter";
import type { Counts, Flow } from "@essentially-once/console/internal/api/flow";
import type { SearchAnswer } from "@essentially-once/console/internal/api/message";
import { newId } from "@essentially-once/messaging/ids";
import { exitCodes } from "@essentially-once/operator/internal/terminal/exit-code";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CreditDenied } from "../../../functions/credit/messages.ts";
import { OrderPlaced } from "../../../functions/orders/messages.ts";
import { type Answer, type DeadLetter, type Deployed, deployed, eventually, stage } from "./deployed.ts";
import { aConsole } from "./started-console.ts";

let system: Deployed;
let customerId: string;
/** Set when the deployment's carrier answers: without one, orders wait at `approved`. */
const carrierUrl = process.env.CARRIER_URL;

beforeAll(async () => {
  system = await deployed();
});
beforeEach(() => {
  customerId = `e2e-${newId()}`;
});

describe("an order", () => {
  it("is placed, its credit reserved, and goes to the carrier once", async () => {
    await openAccount(1_000);
    const { status, body } = await placeOrder(newId(), 100);
    expect(status).toBe(201);
    const orderId = body.orderId as string;
    await eventually("the order is settled", () => isOrder(orderId, carrierUrl ? "shipped" : "approved"));
    expect(await available()).toBe(900);
    if (carrierUrl) expect(await consignments(orderId)).toHaveLength(1);
  });

  it("G2: placed twice with one Idempotency-Key is one order with one answer", async () => {
    await openAccount(1_000);
    const key = newId();
    const answers = await Promise.all([placeOrder(key, 100), placeOrder(key, 100)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    const conflict = await placeOrder(key, 200);
    expect(conflict.status).toBe(422);
    await eventually("the order is settled", () =>
      isOrder(answers[0]?.body.orderId, carrierUrl ? "shipped" : "approved"),
    );
    expect(await available()).toBe(900);
  });

  it("is canceled when the credit does not suffice", async () => {
    await openAccount(50);
    const { body } = await placeOrder(newId(), 100);
    await eventually("the order is canceled", () => isOrder(body.orderId, "canceled"));
    expect(await available()).toBe(50);
  });
});

describe("a message", () => {
  it("G2: sent five times takes effect once", async () => {
    await openAccount(1_000);
    const placed = { orderId: newId(), customerId, total: 100 };
    await system.commit(
      anEnvelope({
        source: "/place-order",
        type: OrderPlaced.type,
        partitionkey: placed.orderId,
        data: placed,
      }),
      5,
    );
    await eventually("credit is reserved", async () => (await available()) === 900);
    await eventually("the outbox is empty", async () => (await outboxOf(placed.orderId)).length === 0);
    expect(await available()).toBe(900);
  });

  it("G6, G7: that is garbage is parked with its reason, and a good one beside it is not", async () => {
    await openAccount(1_000);
    const mark = newId();
    await system.send("ReserveCreditQueueUrl", `{"no": "envelope ${mark}"}`);
    await placeOrder(newId(), 100);
    await eventually("credit is reserved", async () => (await available()) === 900);
    const parkedMessage = await eventually("it is parked", () => deadLetter(mark));
    expect(parkedMessage.attributes.ReasonCode).toBe("ENVELOPE_INVALID");
  });

  it("G3: that the stream forgot is sent by the sweeper", async () => {
    const orderId = newId();
    await system.put("OrdersTable", anOrder(orderId));
    const message = anEnvelope({
      source: "/reserve-credit",
      type: CreditDenied.type,
      partitionkey: orderId,
      time: new Date(Date.now() - 120_000).toISOString(),
      data: { orderId },
    });
    const row = { id: newId(), createdAt: message.time };
    await system.put("OutboxTable", { ...row, messages: "unreadable" }); // what the stream sees
    await system.put("OutboxTable", { ...row, messages: [JSON.stringify(message)] });
    await eventually("the order is canceled", () => isOrder(orderId, "canceled"), 150);
    await eventually("the row is gone", async () => (await system.get("OutboxTable", row.id)) === undefined);
  });
});

describe("the operator", () => {
  it("G6: redrives what was parked, when its cause is gone, and it takes effect once", async () => {
    const { body } = await placeOrder(newId(), 100);
    const orderId = body.orderId as string;
    const parkedMessage = await eventually("it is parked", () => deadLetter(orderId));
    expect(parkedMessage.attributes.ReasonCode).toBe("ACCOUNT_UNKNOWN");
    await openAccount(1_000);
    const { id } = JSON.parse(parkedMessage.body);
    await eventually("its dead letter is free again", () => dlq("redrive", "--id", id, "--yes"));
    await eventually("the order is settled", () => isOrder(orderId, carrierUrl ? "shipped" : "approved"));
    expect(await available()).toBe(900);
  });
});

describe("the console", () => {
  it("shows the flow and the dead letters of the stage, and does not change them unless it is allowed to", async () => {
    const { body } = await placeOrder(newId(), 100);
    const orderId = body.orderId as string;
    await eventually("it is parked", () => deadLetter(orderId));
    const shown = await aConsole();
    try {
      const { nodes } = await shown.ask<Flow>("flow");
      expect(nodes.map(({ id }) => id)).toEqual(
        expect.arrayContaining(["reserve-credit", "queue ReserveCredit"]),
      );
      expect((await shown.ask<Counts>("counts")).dead).toBeGreaterThan(0);
      const { groups } = await shown.ask<DeadLetterOverview>("dead-letters");
      const group = groups.find(({ code }) => code === "ACCOUNT_UNKNOWN");
      expect(group).toMatchObject({ consumer: "ReserveCredit", place: "the customer has no account" });
      const found = await shown.ask<SearchAnswer>(`search?q=${orderId}`);
      expect(found.messages.map(({ type }) => type)).toContain(OrderPlaced.type);
      const selection = { group: group?.id };
      const dry = await shown.ask<Job>("dead-letters/redrive", { selection, dryRun: true });
      expect(dry).toMatchObject({ dryRun: true });
      expect(await shown.ask("dead-letters/redrive", { job: dry.id, dryRun: false })).toMatchObject({
        error: expect.stringContaining("--allow-changes"),
      });
    } finally {
      shown.stop();
    }
    await eventually("it is still parked", () => deadLetter(orderId)); // a look hides it for a moment
  });
});

async function openAccount(limit: number): Promise<void> {
  await system.put("CreditTable", { id: customerId, version: 1, limit, available: limit });
}

async function available(): Promise<unknown> {
  return (await system.get("CreditTable", customerId))?.available;
}

function placeOrder(key: string, total: number): Promise<Answer> {
  const order = { customerId, shipTo: "Lisbon", lines: [{ sku: "lamp", quantity: 1, unitPrice: total }] };
  return system.post("", order, { "idempotency-key": key });
}

function anOrder(id: string) {
  return { id, version: 1, customerId, lines: [], shipTo: "Lisbon", total: 1, status: "new", placedAt: "" };
}

async function isOrder(orderId: unknown, status: string): Promise<boolean> {
  return (await system.get("OrdersTable", orderId as string))?.status === status;
}

async function consignments(orderId: string): Promise<unknown> {
  const response = await fetch(`${carrierUrl}/consignments?reference=${orderId}`);
  return response.json();
}

async function outboxOf(text: string): Promise<unknown[]> {
  return (await system.items("OutboxTable")).filter((row) => JSON.stringify(row).includes(text));
}

async function deadLetter(text: string): Promise<DeadLetter | undefined> {
  const [parkedMessage] = await system.deadLetters("ReserveCreditDeadLetterQueueUrl", text);
  return parkedMessage;
}

/** Runs the command as an operator types it. False when no message matched, or a match may be in flight elsewhere. */
async function dlq(...options: string[]): Promise<boolean> {
  const command = ["run", "--silent", "dlq", "--", ...options, "--stage", stage];
  try {
    await promisify(execFile)("npm", command);
    return true;
  } catch (error) {
    const { nothing, left } = exitCodes;
    if (error instanceof Error && "code" in error && (error.code === nothing || error.code === left))
      return false;
    throw error;
  }
}
