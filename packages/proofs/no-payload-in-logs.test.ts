// S10: logs are read by more people than tables. What a message says, the caller's key and what a forger sends are
// in no line, metric, trace, dead-letter attribute, answer or error of any function, whatever goes wrong.

import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { type Effect, effects } from "@essentially-once/messaging/effect";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { newId } from "@essentially-once/messaging/ids";
import type { UnitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { journal } from "@essentially-once/messaging/journal";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { sqs } from "@essentially-once/messaging/sqs-client";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { anXRayDaemon, type XRayDaemon, type XRayDocument } from "@essentially-once/testing/an-x-ray-daemon";
import { injectFaults } from "@essentially-once/testing/faults";
import { type Line, linesOf } from "@essentially-once/testing/internal/support/lines";
import { aJournalMessage, inSeconds } from "@essentially-once/testing/journal-world";
import { aContext, anSqsEvent, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import { signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { CreditReserved } from "../../functions/credit/messages.ts";
import { OrderViewed } from "../../functions/insights/messages.ts";
import { OrderApproved, OrderPlaced } from "../../functions/orders/messages.ts";

const canary = "canary-7Q3z";
/** Written like the names of fields, or places in lists, which they are not. */
const [canaryName, canaryCard] = ["Canary_Miller", "4929123456789012"];
/** Of what cannot be kept or sent, the first is named. */
const keysOfMaps = [[canaryName], [canary, `${canary} Street 5`, canaryCard], [canaryCard.slice(0, 5)]];
const orderId = newId();
const secret = { customerId: `${canary}-customer`, shipTo: `${canary} Street`, card: `${canary}-card` };
const lines = [{ sku: `${canary}-sku`, quantity: 1, unitPrice: 5 }];

let world: World;
let carrier: TestCarrier;
let daemon: XRayDaemon;

beforeAll(async () => {
  [world, carrier, daemon] = await Promise.all([aWorld({ app: "bin/app.ts" }), aCarrier(), anXRayDaemon()]);
});
afterAll(() => Promise.all([world.stop(), carrier.stop(), daemon.stop()]));

it("place-order", async () => {
  world.enter("Orders/PlaceOrder");
  const { handler } = await import("../../functions/orders/place-order.ts");
  const order = { customerId: secret.customerId, shipTo: secret.shipTo, lines };
  const headers = () => ({
    "idempotency-key": `${canary}-${newId()}`,
    authorization: `Bearer ${canary}`,
    traceparent: `00-${canary}`,
  });
  const codes = await quiet(async () => {
    const faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    const answers = [await handler(aPost(order, headers()), aContext())];
    faults.remove();
    const bodies = [order, { ...order, [canary]: canary }, `{"a": ${canary}`, `"${canary}"`, "[".repeat(99)];
    for (const body of bodies) answers.push(await handler(aPost(body, headers()), aContext()));
    answers.push(await handler(aPost(order, { "idempotency-key": canary.repeat(99) }), aContext()));
    expect(JSON.stringify(answers)).not.toContain(canary);
  });
  expect(codes).toContain("PROCESSED");
  expect(codes.filter((code) => code === "REFUSED").length).toBeGreaterThan(4);
});

it("reserve-credit", async () => {
  world.enter("Credit/ReserveCredit");
  const { handler } = await import("../../functions/credit/reserve-credit.ts");
  const placed = OrderPlaced.from({ orderId, customerId: secret.customerId, total: 5 });
  const codes = await quiet(async () => {
    await handler(await everythingWrong(placed, "ReserveCredit"), aContext()); // among it an account unknown
    await world.put(world.output("CreditTable"), {
      id: secret.customerId,
      version: 1,
      limit: 9_999,
      available: 9_999,
    });
    const faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    await toTheLast(await aRecord(from(placed), "ReserveCredit"), handler);
    faults.remove();
    await handler(anSqsEvent(await aRecord(from(placed), "ReserveCredit", 1)), aContext());
  });
  expect(codes).toEqual(expect.arrayContaining(["PARKED", "RETRY_LATER", "PROCESSED", "METRICS"]));
  expect(await reasons("ReserveCredit")).toEqual(
    expect.arrayContaining([
      "ACCOUNT_UNKNOWN",
      "DATA_INVALID",
      "ENVELOPE_INVALID",
      "KEY_FORBIDDEN",
      "NOT_JSON",
      "RETRIES_EXHAUSTED",
      "SIGNATURE_INVALID",
      "SIGNATURE_MISSING",
      "TYPE_UNKNOWN",
    ]),
  );
});

it("settle-order", async () => {
  world.enter("Orders/SettleOrder");
  const { handler } = await import("../../functions/orders/settle-order.ts");
  const item = { id: orderId, version: 1, status: "new", ...secret, lines, total: 5, placedAt: "now" };
  await world.put(world.output("OrdersTable"), item);
  const reserved = CreditReserved.from({ orderId });
  const codes = await quiet(async () => {
    await handler(await everythingWrong(reserved, "SettleOrder"), aContext());
    await handler(
      anSqsEvent(await aRecord(from(CreditReserved.from({ orderId: newId() })), "SettleOrder")),
      aContext(),
    );
  });
  expect(codes).toEqual(expect.arrayContaining(["PROCESSED", "PARKED"]));
  expect(await reasons("SettleOrder")).toContain("ORDER_UNKNOWN");
});

it("ship-order", async () => {
  world.enter("Shipping/");
  process.env.CARRIER_URL = carrier.url;
  process.env.MAX_RECEIVE_COUNT = "1"; // each attempt is the last
  traced(); // it has all three of Powertools
  const { handler } = await import("../../functions/shipping/ship-order.ts");
  const approved = () => OrderApproved.from({ orderId: newId(), shipTo: secret.shipTo, lines });
  const codes = await quiet(async () => {
    await handler(await everythingWrong(approved(), "ShipOrder"), aContext());
    for (
      let others = 0;
      others < 3;
      others++ // the carrier answers, so a failure is an attempt
    )
      await handler(anSqsEvent(await aRecord(from(approved()), "ShipOrder")), aContext());
    for (const trouble of ["503", "500", "booked-and-half-an-answer"] as const) {
      carrier.trouble("POST", trouble);
      await handler(anSqsEvent(await aRecord(from(approved()), "ShipOrder")), aContext());
    }
    const faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    await handler(anSqsEvent(await aRecord(from(approved()), "ShipOrder")), aContext());
    faults.remove();
  });
  expect(codes).toEqual(expect.arrayContaining(["PROCESSED", "PARKED", "METRICS"]));
  const told = await daemon.documents(16);
  expect(JSON.stringify(told)).not.toContain(canary);
  expect(new Set(told.map(({ name }) => name))).toEqual(new Set(["## ship-order", "carrier"]));
  expect(told.flatMap(reasonsOf)).toEqual(
    expect.arrayContaining(["CARRIER_UNAVAILABLE", "DATA_INVALID", "IN_DOUBT", "NotPerformed"]),
  );
  expect(await reasons("ShipOrder")).toEqual(expect.arrayContaining(["IN_DOUBT"]));
});

it("count-order-views", async () => {
  world.enter("Insights/CountOrderViews");
  const { handler } = await import("../../functions/insights/count-order-views.ts");
  const viewed = OrderViewed.from({ orderId, viewId: `${canary}-view` });
  const codes = await quiet(async () => {
    await handler(await everythingWrong(viewed, "CountOrderViews"), aContext());
    const faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    await handler(anSqsEvent(await aRecord(from(viewed), "CountOrderViews")), aContext());
    faults.remove();
  });
  expect(codes).toEqual(expect.arrayContaining(["PROCESSED", "PARKED", "LOST"]));
});

it("build-statement", async () => {
  world.enter("Insights/BuildStatement");
  const { handler } = await import("../../functions/insights/build-statement.ts");
  const placed = OrderPlaced.from({ orderId, customerId: secret.customerId, total: 5 });
  await journal().append(
    [aJournalMessage(placed), aJournalMessage({ ...placed, data: { ...secret, [canary]: 1 } })],
    inSeconds(20),
  );
  const codes = await quiet(async () => {
    await handler({}, aContext()).catch((error: Error) => expect(error.stack).not.toContain(canary));
  });
  expect(codes).toContain("PULL_STOPPED");
});

it("S10: keys of maps, which are data: a person's name, address and card number", async () => {
  world.enter("Insights/CountOrderViews"); // any queue
  let keys: readonly string[] = [];
  const mapOf = (value: unknown) => Object.fromEntries(keys.map((key) => [key, value]));
  const prices = z.record(z.string(), z.object({ cents: z.int() }));
  const Priced = messageType({ type: "tests.priced.v1", schema: z.object({ prices }), key: () => "key" });
  const Counted = messageType({
    type: "tests.counted.v1",
    schema: z.record(z.coerce.number().or(z.string()), z.int()),
    key: () => "key",
  });
  const table = versionedTable<Versioned & { prices: unknown }>(world.output("CreditTable"));
  const runs: readonly ((unit: UnitOfWork, effect: Effect) => unknown)[] = [
    () => Promise.reject(new Error(JSON.stringify(mapOf(1)))),
    (unit) => unit.write(table.save({ id: newId(), version: 0, prices: mapOf(Number.NaN) })),
    (unit) => unit.write(table.save({ id: newId(), version: 0, prices: mapOf({ of: mapOf(new Date()) }) })),
    (unit) => unit.write(table.save({ id: newId(), version: 0, prices: mapOf("x".repeat(410_000)) })),
    (unit) => unit.publish(Priced.from({ prices: mapOf({ cents: 1.5 }) as never })),
    (unit) => unit.publish(Priced.from({ prices: mapOf({ cents: Number.NaN }) as never })),
    (unit) => unit.publish(Counted.from(mapOf(new Date(Number.NaN)) as never)),
    (_unit, effect) => effect(newId(), { perform: async () => ({ of: mapOf(Number.NaN) }) }),
  ];
  const codes = await quiet(async () => {
    process.env.MAX_RECEIVE_COUNT = "1"; // each attempt is the last
    for (const [run, list] of runs.flatMap((run) => keysOfMaps.map((list) => [run, list] as const))) {
      keys = list;
      const handler = consumer(
        contract({ name: "maps", accepts: [Priced, Counted], publishes: [Priced, Counted] }),
      )
        .use(idempotency({ evidence: rows() }))
        .use(effects())
        .handler(async (_message, unit, { effect }) => void (await run(unit as UnitOfWork, effect)));
      const data = [
        { prices: mapOf({ cents: 1 }) },
        { prices: mapOf({ cents: "1" }) },
        { prices: mapOf(mapOf(1)) },
      ];
      const messages = [
        ...data.map((one) => anEnvelope({ type: Priced.type, data: one })),
        anEnvelope({ type: Counted.type, data: mapOf("x") }),
      ];
      await handler(
        anSqsEvent(...messages.map((one) => recordOf(asciiJson(one), "CountOrderViews"))),
        aContext(),
      );
    }
  });
  expect(codes.filter((code) => code === "PARKED")).toHaveLength(4 * runs.length * keysOfMaps.length);
  expect(await reasons("CountOrderViews")).toEqual(
    expect.arrayContaining([
      "DATA_INVALID",
      "EFFECT_RESULT_INVALID",
      "ITEM_TOO_LARGE",
      "PUBLISH_INVALID",
      "VALUE_UNSTORABLE",
    ]),
  );
});

it("publish and sweep", async () => {
  world.enter("Relay/Publish");
  const { handler: publish } = await import("@essentially-once/messaging/relay/publish");
  const { handler: sweep } = await import("@essentially-once/messaging/relay/sweep");
  const placed = {
    ...from(OrderPlaced.from({ orderId, customerId: secret.customerId, total: 5 })),
    source: "/place-order",
  };
  const row = (messages: unknown) => ({ id: newId(), createdAt: "2026-01-01T00:00:00.000Z", messages });
  const rows = [row([asciiJson(placed)]), row(canary), row([canary]), row([`{"${canary}": 1}`])];
  for (const one of rows) await world.put(world.output("OutboxTable"), one);
  const codes = await quiet(async () => {
    const faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
    const Records = rows.map((one, index) => ({
      eventName: "INSERT" as const,
      dynamodb: { NewImage: marshall(one) as never, SequenceNumber: String(index + 1) },
    }));
    await publish({ Records }, aContext());
    await sweep({}, aContext());
    faults.remove();
    await sweep({}, aContext());
  });
  expect(codes).toEqual(expect.arrayContaining(["OUTBOX_ROW_INVALID", "SEND_FAILED", "SENT", "SWEPT"]));
});

/** The codes of what was logged meanwhile, by lines that say nothing of the payload. */
async function quiet(work: () => Promise<unknown>): Promise<unknown[]> {
  const written: Line[] = await linesOf(work);
  expect(written.filter((line) => isTelling(JSON.stringify(line)))).toEqual([]);
  return written.map(({ code }) => code);
}

function isTelling(text: string): boolean {
  return [canary, canaryName, canaryCard, `.${canaryCard.slice(0, 5)}`].some((secret) =>
    text.includes(secret),
  );
}

/** As with `-c tracing=active`, in an invocation that X-Ray wants to hear of. */
function traced(): void {
  Object.assign(process.env, {
    POWERTOOLS_TRACE_ENABLED: "true",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    LAMBDA_TASK_ROOT: process.cwd(),
    AWS_XRAY_DAEMON_ADDRESS: daemon.address,
    _X_AMZN_TRACE_ID: "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1",
  });
}

function reasonsOf({ cause }: XRayDocument): unknown[] {
  return cause?.exceptions.map(({ type }) => type) ?? [];
}

/** Why the dead letters are there, which are the only ones to hold the payload, in their body. */
async function reasons(name: string): Promise<unknown[]> {
  const deadLetters = await world.drain(world.output(`${name}DeadLetterQueueUrl`));
  const { Signature: _asItCame, ...ours } = Object.assign(
    {},
    ...deadLetters.map(({ attributes }) => attributes),
  );
  expect(deadLetters.map(({ attributes: { ReasonDetail = "" } }) => ReasonDetail).filter(isTelling)).toEqual(
    [],
  );
  expect(isTelling(JSON.stringify(ours))).toBe(false);
  return deadLetters.map(({ attributes }) => attributes.ReasonCode);
}

/** A good message among those that are refused, each for another reason. */
async function everythingWrong(draft: Pick<Envelope, "type" | "data" | "partitionkey">, name: string) {
  const good = from(draft);
  const bodies = [
    good,
    from({ ...draft, data: { ...secret, [canary]: canary } }),
    from({ ...draft, data: `${canary} text` }),
    from({ ...draft, type: "unknown.type.v1", data: secret }),
    { ...from(draft), data: JSON.parse(`{"__proto__": "${canary}"}`) },
    { ...from(draft), hops: canary },
  ].map((message) => asciiJson(message));
  const records = await Promise.all([...bodies, `{"${canary}`].map((body) => signed(recordOf(body, name))));
  const forged = recordOf(asciiJson(from(draft)), name);
  const signature = {
    stringValue: `v1.k1.${canary}`,
    dataType: "String",
    stringListValues: [],
    binaryListValues: [],
  };
  return anSqsEvent(...records, forged, {
    ...recordOf(asciiJson(from(draft)), name),
    messageAttributes: { Signature: signature } as never,
  });
}

function from(draft: Pick<Envelope, "type" | "data" | "partitionkey">): Envelope {
  return { ...anEnvelope(draft), traceparent: `00-${canary}` };
}

/** Delivers a record until its attempts are used up. */
async function toTheLast(
  record: SQSRecord,
  handler: (event: SQSEvent, context: Context) => Promise<unknown>,
): Promise<void> {
  for (let receives = 1; receives <= 5; receives++) {
    const attributes = { ...record.attributes, ApproximateReceiveCount: String(receives) };
    await handler(anSqsEvent({ ...record, attributes }), aContext());
  }
}

async function aRecord(message: Envelope, name: string, receiveCount = 1): Promise<SQSRecord> {
  return signed(recordOf(asciiJson(message), name, receiveCount));
}

function recordOf(body: string, name: string, receiveCount = 1): SQSRecord {
  const queueName = world.output(`${name}QueueUrl`).split("/").at(-1) ?? "";
  return anSqsRecord(body, { queueName, receiveCount, group: newId() });
}
