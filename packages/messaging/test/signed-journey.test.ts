// A signed message on real engines: outbox, publisher, queue, consumer, dead-letter queue, redrive, consumer.
import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import { aKeyStore, aSecret, type KeyStore } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { orderingKeyOf } from "../src/commit/outbox.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { publisher } from "../src/publish/publisher.ts";
import { fixedRegistry } from "../src/publish/registry.ts";
import { batchBytesMax, firstPack } from "../src/publish/send.ts";
import { consumer } from "../src/receive/consumer.ts";
import { signature, signer } from "../src/trust/signature.ts";

const Ping = messageType({ type: "tests.ping.v1", schema: z.strictObject({ n: z.int() }), key: () => "all" });

let world: World;
let store: KeyStore;
let seen: number[];
let refuse: boolean;

beforeAll(async () => {
  world = await aWorld();
});
beforeEach(() => {
  store = aKeyStore(aSecret("k1", "k2"));
  seen = [];
  refuse = false;
});
afterAll(() => world.stop());

it("G7: the publisher signs each message for each of its queues, and only there it is taken", async () => {
  expect(await publish(aPing(1), { to: [credit(), shipping()] })).toBe(1);
  const [atCredit] = await poll(credit());
  const [atShipping] = await poll(shipping());
  expect(atCredit?.Body).toBe(atShipping?.Body);
  expect(signatureOf(atCredit)).toMatch(/^v1\.k2\./);
  expect(signatureOf(atCredit)).not.toBe(signatureOf(atShipping));
  await consume(recordOf(atCredit, credit()));
  expect(seen).toEqual([1]);
  await consume(recordOf(atShipping, credit())); // replayed
  expect(seen).toEqual([1]);
  expect(await deadLetters()).toMatchObject([{ attributes: { ReasonCode: "SIGNATURE_INVALID" } }]);
});

it("G6, G7: the signature survives park and redrive, with all that the message came with", async () => {
  await publish(aPing(2), { to: [credit()] });
  const [message] = await poll(credit());
  const text = (value: string) => ({
    stringValue: value,
    dataType: "String",
    stringListValues: [],
    binaryListValues: [],
  });
  const record = recordOf(message, credit());
  const extra = Object.fromEntries([..."abcdefgh"].map((name) => [name, text(`value ${name}`)]));
  refuse = true;
  await consume({ ...record, messageAttributes: { ...record.messageAttributes, ...extra } });
  expect(seen).toEqual([]);

  const queue = {
    consumer: "ping",
    name: "ping",
    queueUrl: credit(),
    deadLetterQueueUrl: creditDeadLetters(),
    evidenceTable: process.env.EVIDENCE_TABLE ?? "",
  };
  const { handled } = await redrive(world.clients, {
    queues: [queue],
    matches: () => true,
    dryRun: false,
  });
  expect(handled).toMatchObject([{ deadLetter: { reason: "ASKED" }, outcome: "sent-back" }]);
  const [again] = await poll(credit());
  expect(again?.Body).toBe(message?.Body);
  expect(signatureOf(again)).toBe(signatureOf(message));
  expect(Object.keys(again?.MessageAttributes ?? {}).sort()).toEqual(["Signature", ..."abcdefgh"]);
  refuse = false;
  await consume(recordOf(again, credit()));
  expect(seen).toEqual([2]);
  expect(await deadLetters()).toEqual([]);
});

it("G7: parks what was altered on its way", async () => {
  await publish(aPing(3), { to: [credit()] });
  const [message] = await poll(credit());
  await consume(recordOf({ ...message, Body: message?.Body?.replace('"n":3', '"n":4') }, credit()));
  expect(seen).toEqual([]);
  expect(await deadLetters()).toMatchObject([{ attributes: { ReasonCode: "SIGNATURE_INVALID" } }]);
});

it("G3: without keys nothing is sent and the row stays", async () => {
  store.answer(new Error("no network"));
  const lines = await linesOf(async () => {
    expect(await publish(aPing(5), { to: [credit()] })).toBe(0);
  });
  expect(lines).toContainEqual(
    expect.objectContaining({ code: "SEND_FAILED", errorCode: "KEYS_UNAVAILABLE" }),
  );
  expect(await poll(credit())).toEqual([]);
  store.answer(aSecret("k1"));
  expect(await publish(aPing(5), { to: [credit()] })).toBe(1);
  expect(await poll(credit())).toHaveLength(1);
});

it("a failing key store returns the message to its queue and does not park it", async () => {
  await publish(aPing(6), { to: [credit()] });
  const [message] = await poll(credit());
  store = aKeyStore(new Error("no network"));
  const record = recordOf(message, credit());
  expect(await consume(record)).toEqual({ batchItemFailures: [{ itemIdentifier: record.messageId }] });
  expect(await deadLetters()).toEqual([]);
});

it("Q8: packs count the attributes, as SQS does", () => {
  const body = "x".repeat(batchBytesMax / 2);
  expect(firstPack([0, 1], [{ body }, { body }])).toEqual([0, 1]);
  expect(firstPack([0, 1], [{ body }, { body, attributes: { Signature: "s" } }])).toEqual([0]);
});

function consume(record: SQSRecord) {
  world.enter("Standard/");
  const handler = consumer(contract({ name: "ping", accepts: [Ping] }))
    .use(signature({ keys: store.ring, policy: "required" }))
    .handler(async ({ data: { n } }) => {
      if (refuse) throw new Park("ASKED", "by the test");
      seen.push(n);
    });
  return handler(anSqsEvent(record), aContext());
}

/** How many rows were sent whole. */
async function publish(message: Envelope, { to }: { to: readonly string[] }): Promise<number> {
  const outbox = publisher({
    outboxTable: world.output("OrderedOutboxTable"),
    registry: fixedRegistry({ routes: { queuesFor: () => to } }),
    sign: signer({ keys: store.ring }),
  });
  const row = {
    id: newId(),
    key: { id: orderingKeyOf(message), place: "1" },
    createdAt: message.time,
    messages: [{ body: asciiJson(message), envelope: message }],
    after: "",
    tried: false,
  };
  return (await outbox.publish([row], { deadlineMs: Date.now() + 5_000 })).size;
}

function aPing(n: number): Envelope {
  return anEnvelope({ type: Ping.type, data: { n } });
}

function recordOf(message: Message | undefined, queueUrl: string): SQSRecord {
  const attributes = Object.entries(message?.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    { stringValue: value.StringValue, dataType: value.DataType, stringListValues: [], binaryListValues: [] },
  ]);
  return {
    ...anSqsRecord(message?.Body ?? ""),
    receiptHandle: message?.ReceiptHandle ?? "",
    messageAttributes: Object.fromEntries(attributes),
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueUrl.split("/").at(-1)}`,
  };
}

function signatureOf(message: Message | undefined): string | undefined {
  return message?.MessageAttributes?.Signature?.StringValue;
}

async function poll(queueUrl: string): Promise<Message[]> {
  const { Messages = [] } = await world.clients.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1, MessageAttributeNames: ["All"] }),
  );
  return Messages;
}

async function deadLetters() {
  return world.drain(creditDeadLetters());
}

function credit(): string {
  return world.output("StandardQueueUrl");
}

function creditDeadLetters(): string {
  return world.output("StandardDeadLetterQueueUrl");
}

function shipping(): string {
  return world.output("SecondQueueUrl");
}
