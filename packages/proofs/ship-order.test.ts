import { DeleteObjectCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import { aCarrier, type TestCarrier, type Trouble } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { callFaults, type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { OrderApproved } from "../../functions/orders/messages.ts";

const receivesMax = 5;
/** For an order without a fault: see the breaker, take a token, acquire the lease, store the carrier's result, commit. */
const callsOfOneOrder = 6;
/** Milliseconds; longer than the breaker's state is remembered, and than tokens of the rate are due. */
const betweenDeliveriesMs = 60_000;

let world: World;
let carrier: TestCarrier;
let faults: FaultAtCall | undefined;
let s3Faults: Faults | undefined;
let handler: typeof import("../../functions/shipping/ship-order.ts").handler;
let dynamodb: typeof import("@essentially-once/messaging/clients").dynamodb;
let s3: typeof import("@essentially-once/messaging/s3-client").s3;
let orderId: string;
let message: Envelope;
let aheadMs = 0;
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();

beforeAll(async () => {
  [world, carrier] = await Promise.all([aWorld({ app: "bin/app.ts" }), aCarrier()]);
  world.enter("Shipping/");
  process.env.CARRIER_URL = carrier.url;
  await startProcess();
  for (let others = 0; others < 3; others++) {
    nextOrder();
    await deliver(1); // the carrier answers, so what fails for one order is that order's attempt
  }
  carrier.requests.splice(0);
});
beforeEach(nextOrder);
afterEach(() => {
  faults?.remove();
  s3Faults?.remove();
});
afterAll(() => Promise.all([world.stop(), carrier.stop()]));

describe("ship-order", () => {
  it("G8: ships an order with one consignment, and asks the carrier nothing when nothing is in doubt", async () => {
    faults = faultAtCall(dynamodb());
    await deliver(1);
    expect(faults.calls).toEqual([
      "GetItemCommand",
      "UpdateItemCommand",
      "PutItemCommand",
      "PutItemCommand",
      "GetItemCommand",
      "TransactWriteItemsCommand",
    ]);
    expect(faults.calls).toHaveLength(callsOfOneOrder);
    expect(carrier.requests.splice(0)).toEqual(["POST"]);
    await expectShippedOnce();
  });

  it("G8: a duplicate gets the recorded result and does not reach the carrier", async () => {
    await deliver(1);
    carrier.requests.splice(0);
    await deliver(1);
    expect(carrier.requests).toEqual([]);
    await expectShippedOnce();
  });

  describe("with an order that came by claim check", () => {
    beforeEach(async () => {
      const { data, ...rest } = message;
      message = { ...rest, data: undefined, dataref: await claimStore().put(asciiJson(data)) };
    });

    it("G8: ships it once, however often it comes", async () => {
      await deliver(1);
      await deliver(1);
      await deliver(2);
      await expectShippedOnce();
    });

    it("G6: parks it when its data are gone, and ships it when they are back", async () => {
      const bucket = world.output("ClaimCheckBucket");
      const Key = message.dataref?.replace(`s3://${bucket}/`, "");
      const { Body } = await world.clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      await world.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      expect(await deliver(1)).toBe("done");
      expect(await world.drain(world.output("ShipOrderDeadLetterQueueUrl"))).toMatchObject([
        { attributes: { ReasonCode: "DATAREF_MISSING" } },
      ]);
      await claimStore().put((await Body?.transformToString()) ?? "");
      await deliver(1);
      await expectShippedOnce();
    });

    it("is redelivered while S3 is unavailable, and becomes a dead letter when that lasts", async () => {
      s3Faults = injectFaults(s3(), { command: "GetObjectCommand", moment: "before" });
      for (let receive = 1; receive < receivesMax; receive++) expect(await deliver(receive)).toBe("later");
      expect(await deliver(receivesMax)).toBe("done");
      expect(await world.drain(world.output("ShipOrderDeadLetterQueueUrl"))).toMatchObject([
        { attributes: { ReasonCode: "RETRIES_EXHAUSTED" } },
      ]);
      expect(carrier.consignments(orderId)).toBe(0);
    });
  });

  describe.each(callFaults)("with the fault %s", (fault) => {
    it.each(Array.from({ length: callsOfOneOrder }, (_, index) => index + 1))(
      "G8: ships with one consignment when AWS call %i meets it",
      async (nth) => {
        faults = faultAtCall(dynamodb(), { nth, fault });
        await Promise.race([deliver(1), faults.stopped]);
        expect(faults.calls.length).toBeGreaterThanOrEqual(nth);
        faults.remove();
        if (fault.startsWith("killed")) await startProcess();
        await deliverUntilDone(2);
        await expectShippedOnce();
      },
    );
  });

  it.each<Trouble>([
    "request-lost",
    "response-lost",
    "booked-and-silent",
    "silent",
    "booked-and-500",
    "500",
    "503",
    "booked-and-half-an-answer",
  ])("G8: ships with one consignment when the request to the carrier meets %s", async (trouble) => {
    carrier.trouble("POST", trouble);
    await Promise.race([deliver(1), carrier.silence()]); // a silence: the process dies while it waits
    await deliverUntilDone(2);
    await expectShippedOnce();
  });

  it.each<Trouble>(["request-lost", "response-lost", "silent", "500", "503", "422"])(
    "G8: repeats nothing while the carrier does not say what became of it (%s)",
    async (trouble) => {
      carrier.trouble("POST", "response-lost");
      carrier.trouble("GET", trouble);
      expect(await deliver(1)).toBe("later");
      expect(await deliver(2)).toBe("later");
      expect(carrier.consignments(orderId)).toBe(1);
      await deliverUntilDone(3);
      await expectShippedOnce();
    },
  );

  it("G8: parks as in doubt when the carrier never says, and a redrive after it did repeats nothing", async () => {
    carrier.trouble("POST", "response-lost");
    carrier.trouble("GET", "500", "500", "500", "500");
    for (let receive = 1; receive < receivesMax; receive++) expect(await deliver(receive)).toBe("later");
    expect(await deliver(receivesMax)).toBe("done");
    const [letter] = await world.drain(world.output("ShipOrderDeadLetterQueueUrl"));
    expect(letter?.attributes).toMatchObject({ ReasonCode: "IN_DOUBT" });
    expect(letter?.attributes.ReasonDetail).toContain(`ship:${orderId}`);
    await deliverUntilDone(1);
    await expectShippedOnce();
  });

  it("G8: a refused address is final: it is announced, and asked no more", async () => {
    carrier.trouble("POST", "422");
    expect(await deliver(1)).toBe("done");
    expect(await world.drain(world.output("ShipOrderDeadLetterQueueUrl"))).toEqual([]);
    carrier.requests.splice(0);
    await deliver(1);
    expect(carrier.requests).toEqual([]);
    const rows = await world.items(world.output("OrderedOutboxTable"));
    const sent = rows.flatMap((row) => row.messages as string[]).filter((body) => body.includes(orderId));
    expect(sent.map((body) => JSON.parse(body).type)).toEqual(["shipping.shipping-refused.v1"]);
  });

  it("G8: five deliveries at once make one consignment", async () => {
    await Promise.all(Array.from({ length: 5 }, () => deliver(1)));
    expect(carrier.consignments(orderId)).toBe(1);
    await deliverUntilDone(2);
    await expectShippedOnce();
  });
});

/** Nothing that a process before it has in memory. */
async function startProcess(): Promise<void> {
  vi.resetModules();
  const { setClock } = await import("@essentially-once/messaging/clock");
  setClock(() => startMs + aheadMs);
  ({ dynamodb } = await import("@essentially-once/messaging/clients"));
  ({ s3 } = await import("@essentially-once/messaging/s3-client"));
  ({ handler } = await import("../../functions/shipping/ship-order.ts"));
}

function nextOrder(): void {
  aheadMs += betweenDeliveriesMs;
  orderId = newId();
  message = anEnvelope({ type: OrderApproved.type, data: { orderId, shipTo: "Main Street 1", lines: [] } });
}

let messageId = newId();

async function deliver(receiveCount: number): Promise<"done" | "later"> {
  if (receiveCount > 1) aheadMs += betweenDeliveriesMs;
  if (receiveCount === 1) messageId = newId(); // sent anew; attempts are counted by it
  const record = { ...anSqsRecord(asciiJson(message), { receiveCount }), messageId };
  const { batchItemFailures } = await handler(anSqsEvent(await signed(record)), aContext());
  return batchItemFailures.length === 0 ? "done" : "later";
}

async function deliverUntilDone(first: number): Promise<void> {
  for (let receive = first; receive <= receivesMax; receive++) {
    if ((await deliver(receive)) === "done") return;
  }
  throw new Error(`not done after ${receivesMax} receives`);
}

async function expectShippedOnce(): Promise<void> {
  expect(carrier.consignments(orderId)).toBe(1);
  expect(await world.get(world.output("ShippingTable"), orderId)).toMatchObject({ version: 1 });
  const rows = await world.items(world.output("OrderedOutboxTable"));
  const sent = rows.flatMap((row) => row.messages as string[]).filter((body) => body.includes(orderId));
  expect(sent).toHaveLength(1);
}
