// A forgery among the dead letters, with the id of a genuine message: whatever an operator does with it, the genuine
// message takes effect once. And what a discard leaves behind.

import { readFileSync } from "node:fs";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
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
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { attributesFor } from "@essentially-once/testing/signing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { authenticityText, beforeTheSignature } from "../src/dead-letters/authenticity.ts";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { type DiscardOptions, discard } from "../src/dead-letters/discard.ts";
import { type EditOptions, edit } from "../src/dead-letters/edit.ts";
import { findDeadLetters } from "../src/dead-letters/find.ts";
import { redrive } from "../src/dead-letters/redrive.ts";
import { show } from "../src/dead-letters/show.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ cents: z.int().positive() }),
  key: () => "account",
});

const keys = aKeyStore(aSecret("k1")).ring;
/** The same id, and another key. */
const strangers = aKeyStore(aSecret("k2")).ring;
const known = { keys };

/** In the order of docs/errors.md. */
const afterTheGuards = [
  "TYPE_UNKNOWN",
  "KEY_RESERVED",
  "TYPE_NOT_SCHEDULED",
  "TYPE_NOT_PUBLISHED",
  "DATA_INVALID",
  "DATAREF_UNREAD",
  "DATAREF_FOREIGN",
  "DATAREF_MISSING",
  "DATAREF_ALTERED",
  "TIME_IN_FUTURE",
  "TOO_OLD",
  "TOO_MANY_HOPS",
  "ID_REUSED",
  "TOO_MANY_WRITES",
  "UNIT_TOO_LARGE",
  "ITEM_TOO_LARGE",
  "ITEM_TWICE",
  "INLINE_ONE_ITEM",
  "EVIDENCE_GONE",
  "SEQUENCE_MISSING",
  "SEQUENCE_REUSED",
  "SEQUENCE_GAP",
  "CONDITION_FAILED",
  "COMMIT_REFUSED",
  "ENTRY_TOO_LARGE",
  "REBUILD_PUBLISHES",
  "VALUE_UNSTORABLE",
  "ATTRIBUTE_RESERVED",
  "IN_DOUBT",
  "NOT_AWAITED",
  "EFFECT_KEY_INVALID",
  "EFFECT_RESULT_INVALID",
  "EFFECT_RESULT_TOO_LARGE",
  "SCHEDULE_INVALID",
  "SCHEDULE_EXISTS",
  "PUBLISH_INVALID",
  "RECEIPT_INVALID",
  "RECEIPT_TOO_LARGE",
  "RATE_KEY_INVALID",
  "ACCOUNT_UNKNOWN",
  "ORDER_UNKNOWN",
  "ORDER_STATUS",
  "STATUS_UNDECLARED",
];

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let account: string;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
  account = newId();
});
afterAll(() => world.stop());

describe("the signature of a dead letter", () => {
  it("G7: is valid, wrong, of a withdrawn key, or none, and never shows a key id that was not checked", async () => {
    const [valid, wrong, withdrawn, none] = [aPayment(), aPayment(), aPayment(), aPayment()];
    await park(valid);
    await park(wrong, { Signature: `v1.k1.${"A".repeat(43)}` });
    await park(withdrawn, { ...(await attributesFor(asciiJson(withdrawn), queue.queueUrl, strangers)) });
    await world.park(queue, asciiJson(none), { ReasonCode: "ACCOUNT_UNKNOWN" });
    expect(await signatureOf(valid)).toBe("valid, by key k1");
    expect(await signatureOf(wrong)).toMatch(/^INVALID: the signature does not match/);
    expect(await signatureOf(withdrawn)).toMatch(/^INVALID: key k2 is not \(or no longer\) in the secret/);
    expect(await signatureOf(none)).toBe("none");
  });

  it("G7: of a message for another queue is wrong", async () => {
    const misdirected = aPayment();
    await park(misdirected, await attributesFor(asciiJson(misdirected), `${queue.queueUrl}-other`, keys));
    expect(await signatureOf(misdirected)).toMatch(/^INVALID/);
  });

  it("G7: is valid when the bounds of today refuse the body", async () => {
    const text = asciiJson({ ...aPayment(), data: Array(15).fill(Array(9_000).fill(0)) });
    const envelope = JSON.parse(text);
    const beside = await signer({ keys })({ body: text, envelope }, queue.queueUrl);
    await park(envelope, beside);
    expect(await signatureOf(envelope)).toBe("valid, by key k1");
    await world.drain(queue.deadLetterQueueUrl);
    await park({ ...envelope, type: "altered" }, beside);
    expect(await signatureOf(envelope)).toMatch(/^INVALID/);
  });

  it("is not checked, and says so, while the keys cannot be read", async () => {
    const message = aPayment();
    await park(message);
    const denied = aKeyStore(Object.assign(new Error("no"), { name: "AccessDeniedException" })).ring;
    expect(await signatureOf(message, { keys: denied })).toBe(
      "not checked: the signing keys could not be read (AccessDeniedException)",
    );
  });

  it("G7: that is wrong is redriven only by force, as it would be parked again", async () => {
    const forgery = aPayment();
    await parkForgery(forgery);
    expect(await redriven()).toEqual([
      `${forgery.id} left: would be parked again: SIGNATURE_INVALID: it is wrong`,
    ]);
  });
});

describe("an edit of a forgery", () => {
  it("G7: is refused and names the fields that we would sign; nothing is written or sent", async () => {
    const forgery = aPayment({ cents: 1_000 }, { sequence: "7" });
    await parkForgery(forgery);
    await expect(editIt(forgery.id, { cents: 5 })).rejects.toThrow(
      `with source ${forgery.source}, type ${Paid.type}, key ${account} and sequence 0000000000000007`,
    );
    await expect(editIt(forgery.id, { cents: 5 }, { dryRun: true })).rejects.toThrow(
      "add --trust-unverified",
    );
    expect(await itemsAbout(forgery.id)).toEqual([]);
    expect(await world.depth(queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  it("G2, G7: takes effect when the operator trusts it, and so does the genuine message of its id", async () => {
    const genuine = aPayment({ cents: 10 });
    const forgery = { ...genuine, data: { cents: 1_000 } };
    await parkForgery(forgery);
    await editIt(forgery.id, { cents: 5 }, { trust: true });
    await pay(rows(), ...(await sent()), await signed(genuine));
    expect(await cents()).toBe(15);
  });

  it("G2: sends one message when the operator trusts it twice with the same data", async () => {
    const forgery = aPayment({ cents: 1_000 });
    await parkForgery(forgery);
    await editIt(forgery.id, { cents: 5 }, { trust: true });
    await parkForgery(forgery); // it is sent again
    await editIt(forgery.id, { cents: 5 }, { trust: true });
    await pay(rows(), ...(await sent()));
    expect(await cents()).toBe(5);
  });
});

describe("a discard of a forgery", () => {
  it.each([
    ["rows", () => rows()],
    ["inline", () => inline({ table: world.stateTable })],
  ])("G6, G7: touches nothing of the genuine message of its id: %s", async (_mode, store) => {
    const genuine = aPayment({ cents: 10 });
    const forgery = { ...genuine, data: { cents: 1_000 } };
    await parkForgery(forgery);
    const { discarded } = await discardThose();
    expect(discarded).toMatchObject([{ id: forgery.id, evidence: false, authenticity: { kind: "invalid" } }]);
    await pay(store(), await signed(genuine));
    expect(await cents()).toBe(10);
  });

  it.each(["WAITED_TOO_LONG", "RUN_UNFINISHED", "TOO_MANY_VALUES"])(
    "G7: without a signature leaves no evidence where its reason does not say that the guards let it pass: %s",
    async (ReasonCode) => {
      const genuine = aPayment({ cents: 10 });
      await world.park(queue, asciiJson({ ...genuine, data: { cents: 1_000 } }), { ReasonCode });
      expect((await discardThose()).discarded).toMatchObject([{ evidence: false }]);
      await pay(rows(), await signed(genuine));
      expect(await cents()).toBe(10);
    },
  );

  it("G4, G7: with the same bytes it is another dead letter, and leaves the place in the line alone", async () => {
    queue = await world.aQueue({ fifo: true });
    const genuine = aPayment({ cents: 10 });
    await parkInLine(genuine);
    await world.drain(queue.deadLetterQueueUrl); // redriven, and on its way
    await parkForgery(genuine);
    await discardThose();
    expect(await lines()).toHaveLength(1);
    await discardThose();
    await parkForgery(genuine);
    await discardThose({ trust: true });
    expect(await lines()).toEqual([]);
  });
});

it("G7: a forgery of the same bytes is no copy of the genuine dead letter beside it", async () => {
  const genuine = aPayment({ cents: 10 });
  await park(genuine);
  await parkForgery(genuine);
  const { discarded } = await discardThose({ matches: ({ reason }) => reason === "SIGNATURE_INVALID" });
  expect(discarded).toMatchObject([{ authenticity: { kind: "invalid" }, evidence: false }]);
  expect(await redriven()).toEqual([`${genuine.id} sent-back: undefined`]);
  await pay(rows(), ...(await sent()));
  expect(await cents()).toBe(10);
});

describe("a discard of a genuine message", () => {
  it.each([
    ["rows", () => rows()],
    ["inline", () => inline({ table: world.stateTable })],
  ])("G2: a copy of it that comes later takes no effect: %s", async (_mode, store) => {
    await pay(store(), await signed(aPayment({ cents: 1 })));
    const unwanted = aPayment({ cents: 10 });
    await park(unwanted);
    const { discarded } = await discardThose();
    expect(discarded).toMatchObject([{ id: unwanted.id, evidence: true }]);
    await pay(store(), await signed(unwanted));
    expect(await cents()).toBe(1);
    await park(unwanted);
    expect(await redriven()).toEqual([expect.stringMatching(/ removed: was discarded at /)]);
  });

  it("G4, G7: takes it out of its line, whatever attribute its copy came with", async () => {
    queue = await world.aQueue({ fifo: true });
    const record = await signed(aPayment({ cents: 10 }));
    record.messageAttributes.EssentiallyOnceId = { stringValue: "x", dataType: "String" } as never;
    await payer(rows(), () => new Park("REFUSED", "no"))(anSqsEvent(record), aContext());
    await discardThose();
    expect(await lines()).toEqual([]);
  });

  it("G4: in a FIFO group a later copy does not pass the line, and takes no effect", async () => {
    queue = await world.aQueue({ fifo: true });
    const unwanted = aPayment({ cents: 10 });
    await parkInLine(unwanted);
    await discardThose();
    expect(await lines()).toEqual([]);
    await pay(rows(), await signed(unwanted));
    expect(await cents()).toBeUndefined();
  });

  it("G2: without a signature leaves evidence when its consumer accepts unsigned messages or the operator trusts it", async () => {
    const [taken, unknown, trusted] = [aPayment(), aPayment(), aPayment()];
    await world.park(queue, asciiJson(taken), { ReasonCode: "ACCOUNT_UNKNOWN" });
    await world.park(queue, asciiJson(unknown));
    await discardThose();
    await world.park(queue, asciiJson(trusted));
    await discardThose({ trust: true });
    expect(await itemsAbout(taken.id)).toHaveLength(2); // the record and the evidence
    expect(await itemsAbout(unknown.id)).toHaveLength(1);
    expect(await itemsAbout(trusted.id)).toHaveLength(2);
  });
});

it("G2: a discard waits for keys that cannot be read: without evidence a later copy would take effect", async () => {
  const unwanted = aPayment();
  await park(unwanted);
  const down = { keys: aKeyStore(new Error("down")).ring };
  expect(await discardThose({ known: down })).toMatchObject({
    discarded: [],
    left: [{ id: unwanted.id, why: expect.stringContaining("keys could not be read") }],
  });
  expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
});

describe("several dead letters of one id that differ", () => {
  it("G7: are refused by edit and discard with their sources, until one is named", async () => {
    const id = newId();
    const genuine = aPayment({ cents: 10 }, { id });
    const forgery = aPayment({ cents: 1_000 }, { id, source: "/elsewhere" });
    await park(genuine);
    await parkForgery(forgery);
    const differ = `from ${genuine.source}, ACCOUNT_UNKNOWN`;
    await expect(editIt(id, { cents: 5 })).rejects.toThrow(differ);
    await expect(discardThose({ ids: [id] })).rejects.toThrow("from /elsewhere, SIGNATURE_INVALID");
    await expect(editIt(id, { cents: 5 }, { source: "/elsewhere" })).rejects.toThrow(
      "add --trust-unverified",
    );
    const [found] = await findDeadLetters(world.clients.sqs, { queues: [queue], id, source: "/elsewhere" });
    await found?.held.release();
    const messageId = found?.deadLetter.copies[0]?.MessageId ?? "";
    const matches: DiscardOptions["matches"] = ({ source }) => source === "/elsewhere";
    expect((await discardThose({ ids: [messageId], matches })).discarded).toHaveLength(1);
    await editIt(id, { cents: 5 });
    await pay(rows(), ...(await sent()), await signed(genuine));
    expect(await cents()).toBe(5);
  });
});

it("G7: each of the kit's codes says whether the guards let its message pass, or does not", () => {
  const text = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
  const [, table = ""] = text.split("## Reasons on a dead letter");
  const rows = table.split("\n## ")[0]?.match(/^\| `.*?` \|/gm) ?? [];
  const codes = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, code]) => code));
  const after = codes.filter((code = "") => !beforeTheSignature.has(code) && code !== "SIGNATURE_MISSING");
  expect(after).toEqual(afterTheGuards); // a new code that is no proof belongs among the others
});

function aPayment(data = { cents: 10 }, changes: Partial<Envelope> = {}): Envelope {
  return anEnvelope({ type: Paid.type, source: `/${account}`, partitionkey: account, data, ...changes });
}

async function park(message: Envelope, attributes?: Record<string, string>): Promise<void> {
  const beside = attributes ?? (await attributesFor(asciiJson(message), queue.queueUrl, keys));
  await world.park(queue, asciiJson(message), { ReasonCode: "ACCOUNT_UNKNOWN", ...beside });
}

async function parkForgery(message: Envelope): Promise<void> {
  const Signature = `v1.k1.${"A".repeat(43)}`;
  await world.park(queue, asciiJson(message), { ReasonCode: "SIGNATURE_INVALID", Signature });
}

/** As its consumer parks it. */
async function parkInLine(message: Envelope): Promise<void> {
  await payer(rows(), () => new Park("REFUSED", "no"))(anSqsEvent(await signed(message)), aContext());
}

async function signed(message: Envelope) {
  const body = asciiJson(message);
  return withSignature(body, (await attributesFor(body, queue.queueUrl, keys)).Signature ?? "");
}

function withSignature(body: string, stringValue: string) {
  const queueName = queue.queueUrl.split("/").at(-1) ?? "";
  const record = anSqsRecord(body, { queueName, ...(queueName.endsWith(".fifo") && { group: "g" }) });
  record.messageAttributes.Signature = { stringValue, dataType: "String" } as never;
  return record;
}

/** What was sent to the queue. */
async function sent() {
  return (await world.drain(queue.queueUrl)).map(({ Body = "", MessageAttributes }) =>
    withSignature(Body, MessageAttributes?.Signature?.StringValue ?? ""),
  );
}

function payer(evidence: EvidenceStore, refusal?: () => Park) {
  const accounts = versionedTable<{ id: string; version: number; cents: number }>(world.stateTable);
  return consumer(contract({ name: "note-taker", accepts: [Paid] }))
    .use(signature({ keys }))
    .use(idempotency({ evidence }))
    .handler(async ({ data, partitionkey }, unit) => {
      if (refusal) throw refusal();
      const before = (await accounts.get(partitionkey)) ?? { id: partitionkey, version: 0, cents: 0 };
      unit.write(accounts.save({ ...before, cents: before.cents + data.cents }));
    });
}

async function pay(evidence: EvidenceStore, ...records: Awaited<ReturnType<typeof sent>>): Promise<void> {
  for (const record of records) {
    const { batchItemFailures } = await payer(evidence)(anSqsEvent(record), aContext());
    expect(batchItemFailures).toEqual([]);
  }
}

async function cents(): Promise<unknown> {
  return (await world.items(world.stateTable)).find(({ id }) => id === account)?.cents;
}

async function lines(): Promise<unknown[]> {
  const name = queue.queueUrl.split("/").at(-1);
  return (await world.items(world.evidenceTable)).filter((item) => item.queue === name && item.line);
}

async function itemsAbout(messageId: string): Promise<unknown[]> {
  return (await world.items(world.evidenceTable)).filter((item) => item.messageId === messageId);
}

async function signatureOf({ id }: Envelope, having = known): Promise<string> {
  const place = { dynamodb: world.clients.dynamodb, queue };
  const [found] = await findDeadLetters(world.clients.sqs, { queues: [queue], id });
  if (found === undefined) throw new Error(`no dead letter ${id}`);
  await found.held.release();
  const { signature: checked } = await show(place, found.deadLetter, { known: having, payload: false });
  return "unknown" in checked ? checked.unknown : authenticityText(checked);
}

function editIt(id: string, data: unknown, options: Partial<EditOptions> = {}) {
  const sign = signer({ keys });
  const common = { queues: [queue], known, sign, dryRun: false };
  return edit(world.clients, { ...common, id, data, ...options });
}

function discardThose(options: Partial<DiscardOptions> = {}) {
  const common = { queues: [queue], known, because: "a test", dryRun: false };
  return discard(world.clients, { ...common, matches: () => true, ...options });
}

async function redriven(): Promise<string[]> {
  const common = { queues: [queue], known, dryRun: false };
  const { handled } = await redrive(world.clients, { ...common, matches: () => true });
  return handled.map(({ deadLetter: { id }, outcome, why }) => `${id} ${outcome}: ${why}`);
}
