// The sample's own publisher, sweeper and consumer, with the keys of its own secret: what a forger can send to a queue.
import { GetSecretValueCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { asciiJson, type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { dedupWindowDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { type Key, keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { rotated, signsAfterMs } from "@essentially-once/messaging/internal/trust/key-rotation";
import { sign } from "@essentially-once/messaging/internal/trust/signature";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent, SQSBatchResponse, SQSRecord } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { OrderPlaced } from "../../functions/orders/messages.ts";

/** One process of each function. */
interface Processes {
  readonly publish: typeof import("@essentially-once/messaging/relay/publish").handler;
  readonly sweep: typeof import("@essentially-once/messaging/relay/sweep").handler;
  readonly reserveCredit: typeof import("../../functions/credit/reserve-credit.ts").handler;
  setClock(replacement: () => number): () => void;
}

const dayMs = 86_400_000;

let world: World;
let running: Processes;
let customerId: string;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
});
beforeEach(async () => {
  running = await start();
  customerId = newId();
  await world.put(world.output("CreditTable"), { id: customerId, version: 1, limit: 500, available: 500 });
});
afterEach(async () => {
  for (const outbox of [world.output("OrderedOutboxTable"), world.output("OutboxTable")])
    for (const row of await world.items(outbox)) await world.remove(outbox, row);
  running.setClock(Date.now);
  for (const key of ["ReserveCreditQueueUrl", "ReserveCreditDeadLetterQueueUrl"])
    await world.drain(world.output(key));
});
afterAll(() => world.stop());

describe("reserve-credit", () => {
  it.each(["publish", "sweep"] as const)("G7: takes what %s sent", async (sender) => {
    await send(anOrder(), sender);
    expect(await receive()).toEqual({ batchItemFailures: [] });
    expect(await available()).toBe(400);
  });

  it.each<[string, string, (message: Message) => Message | Promise<Message>]>([
    [
      "was altered",
      "SIGNATURE_INVALID",
      (message) => ({ ...message, Body: message.Body?.replace("100", "500") }),
    ],
    ["was made younger", "SIGNATURE_INVALID", (message) => withTime(message, new Date().toISOString())],
    ["lost its signature", "SIGNATURE_MISSING", (message) => ({ ...message, MessageAttributes: {} })],
    ["an unknown sender signed", "SIGNATURE_INVALID", (message) => signedBy(message, { by: aStranger })],
    [
      "was signed for another queue",
      "SIGNATURE_INVALID",
      (message) => signedBy(message, { queueName: "other" }),
    ],
    [
      "is older than the evidence",
      "TOO_OLD",
      (message) =>
        signedBy(withTime(message, new Date(Date.now() - (dedupWindowDays + 1) * dayMs).toISOString())),
    ],
  ])("G7: parks what %s, as %s, and nothing is reserved", async (_what, reason, tamper) => {
    await send(anOrder());
    const [message = {}] = await poll();
    expect(await running.reserveCredit(eventOf(await tamper(message)), aContext())).toEqual({
      batchItemFailures: [],
    });
    expect(await reasons()).toEqual([reason]);
    expect(await available()).toBe(500);
  });

  it("G7: a key that is in no secret is given time to appear, and no effect", async () => {
    await send(anOrder());
    const [message = {}] = await poll();
    const event = eventOf(
      await signedBy(message, { by: async () => await aKeyStore(aSecret("k9")).ring.current() }),
    );
    expect(await running.reserveCredit(event, aContext())).toEqual(failed(event));
    for (const receives of ["2", "3"]) {
      expect(await reasons()).toEqual([]);
      for (const record of event.Records) record.attributes.ApproximateReceiveCount = receives;
      await running.reserveCredit(event, aContext()); // parked on the third receive
    }
    expect(await reasons()).toEqual(["SIGNATURE_INVALID"]);
    expect(await available()).toBe(500);
  });

  it("G6: a rotation refuses nothing: neither what the old key signed, nor the new key at a process that has not read it", async () => {
    await send(anOrder());
    expect(await receive()).toEqual({ batchItemFailures: [] }); // it has read its keys now
    await send(anOrder()); // by the old key, and received after the rotation
    const nowMs = Date.now();
    await replaceSecret((text) => rotated(text, { keyId: newId(), nowMs }));
    const { publish, setClock } = await start();
    setClock(() => nowMs + signsAfterMs + 1);
    await publish(streamOf(anOrder()), aContext());
    running.setClock(() => nowMs + 15_000); // its keys are not old enough to be read again for their age

    const event = eventOf(...(await poll()), ...(await poll()));
    expect(new Set(event.Records.map(keyIdOf)).size).toBe(2);
    // One by one: a race for the account would load what judges it, and after `start` that is of the other process.
    for (const record of event.Records) {
      expect(await running.reserveCredit({ Records: [record] }, aContext())).toEqual({
        batchItemFailures: [],
      });
    }
    expect(await reasons()).toEqual([]);
    expect(await available()).toBe(200);
  });

  it("G6: a key store that is down parks nothing and loses nothing", async () => {
    await send(anOrder());
    const [message = {}] = await poll();
    const event = eventOf(message);
    const endpoint = process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = "http://127.0.0.1:1";
    const cutOff = await start();
    expect(await cutOff.reserveCredit(event, aContext())).toEqual(failed(event));
    const stream = streamOf(anOrder());
    expect(await cutOff.publish(stream, aContext())).toEqual({
      batchItemFailures: [{ itemIdentifier: "1" }],
    });
    process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = endpoint;

    expect(await reasons()).toEqual([]);
    expect(await available()).toBe(500);
    expect(await running.publish(stream, aContext())).toEqual({ batchItemFailures: [] });
    expect(await running.reserveCredit(event, aContext())).toEqual({ batchItemFailures: [] });
    expect(await receive()).toEqual({ batchItemFailures: [] });
    expect(await available()).toBe(300);
  });

  it("G6, G7: a redriven message still proves who wrote it", async () => {
    customerId = newId();
    await send(anOrder());
    await receive();
    expect(await reasons({ keep: true })).toEqual(["ACCOUNT_UNKNOWN"]);
    await world.put(world.output("CreditTable"), { id: customerId, version: 1, limit: 500, available: 500 });
    await redrive(world.clients, {
      queues: [
        {
          consumer: "ReserveCredit",
          name: "reserve-credit",
          queueUrl: world.output("ReserveCreditQueueUrl"),
          deadLetterQueueUrl: world.output("ReserveCreditDeadLetterQueueUrl"),
          evidenceTable: world.output("CreditEvidenceTable"),
        },
      ],
      matches: () => true,
      dryRun: false,
    });
    await receive();
    expect(await available()).toBe(400);
    expect(await reasons()).toEqual([]);
  });
});

describe("every consumer of the relay", () => {
  it.each([
    ["ReserveCredit", "Credit/", () => import("../../functions/credit/reserve-credit.ts")],
    ["SettleOrder", "Orders/SettleOrder", () => import("../../functions/orders/settle-order.ts")],
    ["ShipOrder", "Shipping/", () => import("../../functions/shipping/ship-order.ts")],
  ])("G7: %s parks what is not signed", async (name, path, load) => {
    world.enter(path);
    const { handler } = await load();
    const queue = { queueName: world.output(`${name}QueueUrl`).split("/").at(-1) ?? "", group: "one" };
    const event = anSqsEvent(anSqsRecord(asciiJson(anOrder()), queue));
    expect(await handler(event, aContext())).toEqual({ batchItemFailures: [] });
    const deadLetters = await world.drain(world.output(`${name}DeadLetterQueueUrl`));
    expect(deadLetters.map(({ attributes }) => attributes.ReasonCode)).toEqual(["SIGNATURE_MISSING"]);
  });
});

/** New processes: they have read no keys. */
async function start(): Promise<Processes> {
  vi.resetModules();
  world.enter("Relay/Publish");
  const { handler: publish } = await import("@essentially-once/messaging/relay/publish");
  const { handler: sweep } = await import("@essentially-once/messaging/relay/sweep");
  world.enter("Credit/ReserveCredit");
  const { handler: reserveCredit } = await import("../../functions/credit/reserve-credit.ts");
  const { setClock } = await import("@essentially-once/messaging/clock");
  return { publish, sweep, reserveCredit, setClock };
}

function anOrder(): Envelope {
  return anEnvelope({
    source: "/place-order",
    type: OrderPlaced.type,
    data: { orderId: newId(), customerId, total: 100 },
  });
}

async function send(message: Envelope, sender: "publish" | "sweep" = "publish"): Promise<void> {
  const { NewImage } = streamOf(message).Records[0]?.dynamodb ?? {};
  if (sender === "publish") {
    expect(await running.publish(streamOf(message), aContext())).toEqual({ batchItemFailures: [] });
    return;
  }
  await world.put(world.output("OutboxTable"), {
    id: NewImage?.id?.S,
    createdAt: message.time,
    messages: [asciiJson(message)],
  });
  const restoreClock = running.setClock(() => Date.now() + 61_000);
  expect(await running.sweep({}, aContext())).toEqual({ rows: 1, sent: 1 });
  restoreClock();
}

function streamOf(message: Envelope): DynamoDBStreamEvent {
  const row = { id: newId(), createdAt: message.time, messages: [asciiJson(message)] };
  return {
    Records: [{ eventName: "INSERT", dynamodb: { NewImage: marshall(row) as never, SequenceNumber: "1" } }],
  };
}

async function poll(): Promise<Message[]> {
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.output("ReserveCreditQueueUrl"),
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ["All"],
    }),
  );
  return Messages;
}

async function receive(): Promise<SQSBatchResponse> {
  return running.reserveCredit(eventOf(...(await poll())), aContext());
}

function eventOf(...messages: Message[]) {
  return anSqsEvent(...messages.map(recordOf));
}

function recordOf({ Body = "", MessageAttributes = {}, ReceiptHandle = "" }: Message): SQSRecord {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue, DataType }]) => [
    name,
    { stringValue: StringValue, dataType: DataType, stringListValues: [], binaryListValues: [] },
  ]);
  const record = anSqsRecord(Body, { queueName: queueName() });
  return { ...record, receiptHandle: ReceiptHandle, messageAttributes: Object.fromEntries(attributes) };
}

function failed({ Records }: { Records: readonly SQSRecord[] }): SQSBatchResponse {
  return { batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

function queueName(): string {
  return world.output("ReserveCreditQueueUrl").split("/").at(-1) ?? "";
}

function keyIdOf({ messageAttributes }: SQSRecord): string | undefined {
  return messageAttributes.Signature?.stringValue?.split(".")[1];
}

function withTime(message: Message, time: string): Message {
  return { ...message, Body: JSON.stringify({ ...JSON.parse(message.Body ?? ""), time }) };
}

/** Signed anew: unless told otherwise rightly, by one who has the keys. */
async function signedBy(
  message: Message,
  { by = ours, queueName: forQueue = queueName() }: { by?: () => Promise<Key>; queueName?: string } = {},
): Promise<Message> {
  const { Body: body = "" } = message;
  const text = sign({ body, envelope: readEnvelope(body), queueName: forQueue }, await by());
  return { ...message, MessageAttributes: { Signature: { DataType: "String", StringValue: text } } };
}

async function ours(): Promise<Key> {
  return keyRing({ load: secretText }).current();
}

/** Knows the id of our key. */
async function aStranger(): Promise<Key> {
  const { secret } = await aKeyStore(aSecret("k1")).ring.current();
  return { id: (await ours()).id, secret };
}

async function secretText(): Promise<string> {
  const SecretId = world.output("SigningSecretArn");
  const { SecretString = "" } = await world.clients.secretsManager.send(
    new GetSecretValueCommand({ SecretId }),
  );
  return SecretString;
}

async function replaceSecret(change: (text: string) => string): Promise<void> {
  const SecretString = change(await secretText());
  const SecretId = world.output("SigningSecretArn");
  await world.clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
}

async function available(): Promise<unknown> {
  return (await world.get(world.output("CreditTable"), customerId))?.available;
}

/** Why the dead letters were parked; they are gone then, unless they are kept. */
async function reasons({ keep = false } = {}): Promise<(string | undefined)[]> {
  const QueueUrl = world.output("ReserveCreditDeadLetterQueueUrl");
  if (!keep) return (await world.drain(QueueUrl)).map(({ attributes }) => attributes.ReasonCode);
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], VisibilityTimeout: 0 }),
  );
  return Messages.map(({ MessageAttributes }) => MessageAttributes?.ReasonCode?.StringValue);
}
