// A corrected message in the place of a dead letter: only one of the two takes effect, whatever dies on the way.

import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { type EvidenceStore, idempotency } from "@essentially-once/messaging/idempotency";
import { newId } from "@essentially-once/messaging/ids";
import { inline } from "@essentially-once/messaging/inline";
import { signature, signer } from "@essentially-once/messaging/internal/trust/signature";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { discard } from "../src/dead-letters/discard.ts";
import { readDiscards } from "../src/dead-letters/discard-record.ts";
import { type EditOptions, edit } from "../src/dead-letters/edit.ts";
import { redrive } from "../src/dead-letters/redrive.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ cents: z.int().positive() }),
  key: () => "account",
});

interface Account {
  readonly id: string;
  readonly version: number;
  readonly cents: number;
}

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let key: string;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
  key = newId();
});
afterEach(() => faults?.remove());
afterAll(() => world.stop());

describe("an edit", () => {
  it("G6: sends a new message, caused by the old one, and the old one is discarded with the reason", async () => {
    const wrong = aPayment({ cents: -5 });
    await world.park(queue, asciiJson(wrong), {
      ReasonCode: "DATA_INVALID",
      tenant: "blue",
      Signature: "old",
    });
    const edited = await editIt(wrong.id, { cents: 5 });
    const [message] = await world.drain(queue.queueUrl);
    const corrected = readEnvelope(message?.Body ?? "");
    expect(corrected).toMatchObject({
      id: edited?.supersededBy,
      source: wrong.source,
      causationid: wrong.id,
      correlationid: wrong.correlationid,
      data: { cents: 5 },
    });
    expect(corrected.id).not.toBe(wrong.id);
    expect(Object.keys(message?.MessageAttributes ?? {})).toEqual(["tenant"]);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
    const records = await readDiscards(place(), wrong.id);
    expect(records).toMatchObject([{ because: `superseded by ${corrected.id}`, reason: "DATA_INVALID" }]);
  });

  it("G7: is signed with the current key, for the queue it goes to", async () => {
    const { ring } = aKeyStore(aSecret("k1"));
    const wrong = aPayment({ cents: -5 });
    await world.park(queue, asciiJson(wrong));
    await editIt(wrong.id, { cents: 5 }, { sign: signer({ keys: ring }) });
    const [message] = await world.drain(queue.queueUrl);
    const record = anSqsRecord(message?.Body ?? "", { queueName: queue.queueUrl.split("/").at(-1) ?? "" });
    const text = message?.MessageAttributes?.Signature?.StringValue ?? "";
    record.messageAttributes.Signature = { stringValue: text, dataType: "String" } as never;
    let paid = 0;
    await consumer(contract({ name: "note-taker", accepts: [Paid] }))
      .use(signature({ keys: ring, policy: "required" }))
      .handler(async ({ data }) => {
        paid = data.cents;
      })(anSqsEvent(record), aContext());
    expect(paid).toBe(5);
  });

  it("does nothing in a dry run", async () => {
    const wrong = aPayment({ cents: -5 });
    await world.park(queue, asciiJson(wrong));
    expect(await editIt(wrong.id, { cents: 5 }, { dryRun: true })).toMatchObject({ id: wrong.id });
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    expect(await world.depth(queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
    expect(await readDiscards(place(), wrong.id)).toEqual([]);
  });

  it("of what is not there says so", async () => {
    expect(await editIt("nobody", {})).toBeUndefined();
  });

  it("of what is no message is refused", async () => {
    await world.park(queue, "{ not JSON", { ReasonCode: "NOT_JSON", OriginalMessageId: "first-id" });
    await expect(editIt("first-id", {})).rejects.toThrow("not a message that can be edited");
  });

  it.each([
    ["rows", () => rows()],
    ["inline", () => inline({ table: world.stateTable })],
  ])("G2: of what was done is refused: %s", async (_mode, store) => {
    const done = aPayment({ cents: 7 });
    await pay(store(), asciiJson(done));
    await world.park(queue, asciiJson(done));
    await expect(editIt(done.id, { cents: 5 })).rejects.toThrow("was processed");
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
  });

  it("of an id that another message had used goes through", async () => {
    const done = aPayment({ cents: 7 });
    await pay(rows(), asciiJson(done));
    const reused = { ...done, data: { cents: 8 } };
    await world.park(queue, asciiJson(reused));
    await editIt(done.id, { cents: 8 });
    await payAll(rows());
    expect(await account()).toMatchObject({ cents: 15 });
  });
});

describe("of the old and the new message", () => {
  const stores: [string, () => EvidenceStore][] = [
    ["rows", () => rows()],
    ["inline, by ids", () => inline({ table: world.stateTable })],
    ["inline, by numbers", () => inline({ table: world.stateTable, by: "sequence" })],
  ];
  it.each(stores)(
    "G2: only the new one takes effect, when a copy of the old one comes late: %s",
    async (_mode, store) => {
      await pay(store(), asciiJson(aPayment({ cents: 1 }, { sequence: "1" }))); // the item has evidence
      const old = aPayment({ cents: 10 }, { sequence: "2" });
      await world.park(queue, asciiJson(old));
      await editIt(old.id, { cents: 20 });
      await payAll(store(), asciiJson(old));
      expect(await account()).toMatchObject({ cents: 21 });
    },
  );

  it.each(stores.slice(0, 2))(
    "G2: also when that copy comes before the new one: %s",
    async (_mode, store) => {
      await pay(store(), asciiJson(aPayment({ cents: 1 })));
      const old = aPayment({ cents: 10 });
      await world.park(queue, asciiJson(old));
      await editIt(old.id, { cents: 20 });
      await pay(store(), asciiJson(old));
      await payAll(store());
      expect(await account()).toMatchObject({ cents: 21 });
    },
  );

  it("G4: in a FIFO group the new one has the place of the old one, cut short or not", async () => {
    queue = await world.aQueue({ fifo: true });
    const [old, behind] = [aPayment({ cents: 10 }), aPayment({ cents: 100 })];
    const refusing = payer(rows(), () => new Park("REFUSED", "no"));
    await refusing(inGroup(asciiJson(old), asciiJson(behind)), aContext());
    faults = injectFaults(world.clients.sqs, { command: "SendMessageCommand", moment: "before" });
    await expect(editIt(old.id, { cents: 20 })).rejects.toThrow("socket hang up");
    faults.remove();
    await editIt(old.id, { cents: 20 }); // the same bytes as the first time: the line knows a message by them
    const [corrected] = await world.drain(queue.queueUrl);
    await payer(rows())(inGroup(corrected?.Body ?? ""), aContext());
    expect(await account()).toMatchObject({ cents: 20 });
    expect(await redriveAll()).toEqual([`${behind.id} sent-back`]);
    const [second] = await world.drain(queue.queueUrl);
    await payer(rows())(inGroup(second?.Body ?? ""), aContext());
    expect(await account()).toMatchObject({ cents: 120 });
    expect((await world.items(world.evidenceTable)).filter(({ line }) => line !== undefined)).toEqual([]);
  });
});

describe("an edit that is cut short", () => {
  const crashes: [string, "dynamodb" | "sqs", string, number][] = [
    ["before it wrote anything down", "dynamodb", "PutItemCommand", 1],
    ["before the evidence", "dynamodb", "PutItemCommand", 2],
    ["before the send", "sqs", "SendMessageCommand", 1],
    ["before the confirmation", "dynamodb", "UpdateItemCommand", 1],
    ["before the delete", "sqs", "DeleteMessageCommand", 1],
  ];
  it.each(crashes)(
    "G6: %s, is finished by the same edit, and pays once",
    async (_when, client, command, from) => {
      const wrong = aPayment({ cents: -5 });
      await world.park(queue, asciiJson(wrong));
      const attempts = Array.from({ length: 20 }, (_, retry) => from + retry);
      faults = injectFaults(world.clients[client], { command, moment: "before", attempts });
      await expect(editIt(wrong.id, { cents: 5 })).rejects.toThrow("socket hang up");
      faults.remove();
      await editIt(wrong.id, { cents: 5 });
      await payAll(rows());
      expect(await account()).toMatchObject({ cents: 5 });
      expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
    },
  );

  it("G6: before the send, is not removed by a redrive, which would lose both", async () => {
    const wrong = aPayment({ cents: 4 });
    await world.park(queue, asciiJson(wrong));
    faults = injectFaults(world.clients.sqs, { command: "SendMessageCommand", moment: "before" });
    await expect(editIt(wrong.id, { cents: 5 })).rejects.toThrow("socket hang up");
    faults.remove();
    expect(await redriveAll()).toEqual([`${wrong.id} left`]);
    await expect(editIt(wrong.id, { cents: 6 })).rejects.toThrow("from an edit with other data");
    await editIt(wrong.id, { cents: 5 });
    await payAll(rows());
    expect(await account()).toMatchObject({ cents: 5 });
  });

  it("G6: after the send, its dead letter is removed by a redrive", async () => {
    const wrong = aPayment({ cents: 4 });
    await world.park(queue, asciiJson(wrong));
    faults = injectFaults(world.clients.sqs, { command: "DeleteMessageCommand", moment: "before" });
    await expect(editIt(wrong.id, { cents: 5 })).rejects.toThrow("socket hang up");
    faults.remove();
    expect(await redriveAll()).toEqual([`${wrong.id} removed`]);
  });
});

describe("a discard", () => {
  it("G6: is written down before the message is gone, with who and why and no payload", async () => {
    const wrong = aPayment({ cents: -424_242 });
    await world.park(queue, asciiJson(wrong), { ReasonCode: "DATA_INVALID" });
    faults = injectFaults(world.clients.dynamodb, { command: "UpdateItemCommand", moment: "before" });
    await expect(discardAll("a test order")).rejects.toThrow("socket hang up");
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    faults.remove();
    expect((await discardAll("a test order")).discarded).toHaveLength(1);
    expect(await readDiscards(place(), wrong.id)).toMatchObject([
      { because: "a test order", reason: "DATA_INVALID", type: Paid.type, by: expect.stringMatching(/./) },
    ]);
    expect(JSON.stringify(await world.items(world.evidenceTable))).not.toContain("424242");
  });

  it("G11: makes room among those that an earlier release wrote under its id, and keeps the last", async () => {
    const one = aPayment({ cents: -1 });
    await world.park(queue, asciiJson(one));
    await discardAll("the first");
    const items = await world.items(world.evidenceTable);
    const record = items.find(({ id, messageId }) => messageId === one.id && /^discarded:/.test(String(id)));
    const because = "a reason of this length ".repeat(16);
    const older = Array.from({ length: 780 }, (_, n) => [
      `body_${n}`,
      { at: new Date(1_700_000_000_000 + n).toISOString(), by: "me", because, reason: "DATA_INVALID" },
    ]);
    const Item = marshall({ ...record, ...Object.fromEntries(older) });
    await world.clients.dynamodb.send(new PutItemCommand({ TableName: world.evidenceTable, Item }));
    await world.park(queue, asciiJson(aPayment({ cents: -2 }, { id: one.id })));
    expect((await discardAll(because)).left).toEqual([]);
    const records = await readDiscards(place(), one.id);
    expect(records).toHaveLength(100);
    expect(records.slice(-2).map((kept) => kept.because)).toEqual(["the first", because]);
    expect(records[0]?.at).toBe(new Date(1_700_000_000_000 + 682).toISOString());
  });

  it("of two dead letters with one id keeps both records, and repeated it keeps one", async () => {
    const id = newId();
    for (const cents of [-1, -2]) await world.park(queue, asciiJson(aPayment({ cents }, { id })));
    await discardAll("twice");
    expect(await readDiscards(place(), id)).toHaveLength(2);
    await world.park(queue, asciiJson(aPayment({ cents: -1 }, { id, time: "2026-01-01T00:00:00Z" })));
    await discardAll("again");
    expect((await readDiscards(place(), id)).length).toBeGreaterThanOrEqual(2);
  });
});

function aPayment(data: { cents: number }, changes: Partial<Envelope> = {}): Envelope {
  return anEnvelope({ type: Paid.type, source: `/${key}`, partitionkey: key, data, ...changes });
}

function payer(evidence: EvidenceStore, refusal?: () => Park) {
  const accounts = versionedTable<Account>(world.stateTable);
  return consumer(contract({ name: "note-taker", accepts: [Paid] }))
    .use(idempotency({ evidence }))
    .handler(async ({ data, partitionkey }, unit) => {
      if (refusal) throw refusal();
      const before = (await accounts.get(partitionkey)) ?? { id: partitionkey, version: 0, cents: 0 };
      unit.write(accounts.save({ ...before, cents: before.cents + data.cents }));
    });
}

async function pay(evidence: EvidenceStore, body: string): Promise<void> {
  const { batchItemFailures } = await payer(evidence)(anSqsEvent(anSqsRecord(body)), aContext());
  expect(batchItemFailures).toEqual([]);
}

/** What the queue holds, and then the given bodies. */
async function payAll(evidence: EvidenceStore, ...late: string[]): Promise<void> {
  const sent = (await world.drain(queue.queueUrl)).map(({ Body = "" }) => Body);
  for (const body of [...sent, ...late]) await pay(evidence, body);
}

function inGroup(...bodies: string[]) {
  const queueName = queue.queueUrl.split("/").at(-1) ?? "";
  return anSqsEvent(...bodies.map((body) => anSqsRecord(body, { group: "g", queueName })));
}

async function account(): Promise<Record<string, unknown> | undefined> {
  return (await world.items(world.stateTable)).find(({ id }) => id === key);
}

function place() {
  return { dynamodb: world.clients.dynamodb, queue };
}

function editIt(id: string, data: unknown, options: Partial<EditOptions> = {}) {
  return edit(world.clients, { queues: [queue], id, data, dryRun: false, ...options });
}

async function redriveAll(): Promise<string[]> {
  const matches = () => true;
  const { handled } = await redrive(world.clients, {
    queues: [queue],
    matches,
    dryRun: false,
  });
  return handled.map(({ deadLetter, outcome }) => `${deadLetter.id} ${outcome}`);
}

function discardAll(because: string) {
  const matches = () => true;
  return discard(world.clients, { queues: [queue], matches, because, dryRun: false });
}
