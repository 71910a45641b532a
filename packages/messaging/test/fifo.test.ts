import { CreateQueueCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { redrive } from "@essentially-once/operator/dead-letters/redrive";
import { discard } from "@essentially-once/operator/internal/dead-letters/discard";
import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { delaysAsked } from "@essentially-once/testing/internal/support/delays-asked";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { signed } from "@essentially-once/testing/signing";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { SQSRecord } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import type { MessageMiddleware } from "../src/commit/delivery.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";
import { signature } from "../src/trust/signature.ts";

const Noted = messageType({
  type: "tests.noted.v1",
  schema: z.strictObject({ note: z.string() }),
  key: (noted) => noted.note,
});

let world: World;
let faults: Faults | undefined;
let queueName: string;
let queueUrl: string;
let deadLetterQueueUrl: string;
/** What the handler does with a note; absent is done. */
let trouble: Map<string, () => Error | Promise<never>>;
let guarding: MessageMiddleware[];
const keys = aKeyStore(aSecret("k1"));
/** Effects, in order. */
let notes: string[];

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(async () => {
  trouble = new Map();
  guarding = [];
  notes = [];
  queueName = `${newId()}.fifo`;
  queueUrl = await fifoQueue(queueName);
  deadLetterQueueUrl = await fifoQueue(`dead-${queueName}`);
  Object.assign(process.env, { QUEUE_URL: queueUrl, DEAD_LETTER_QUEUE_URL: deadLetterQueueUrl });
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a FIFO batch", () => {
  it("G4: a group stops at its first failure and returns the rest in order; other groups go on", async () => {
    trouble.set("a2", () => new RetryLater("NOT_NOW"));
    const batch = ["a1", "b1", "a2", "a3", "b2", "a4"].map((note) => aRecord(note));
    expect(await receive(...batch)).toEqual(["a2", "a3", "a4"]);
    expect(notes.filter((note) => note.startsWith("a"))).toEqual(["a1"]);
    expect(notes.filter((note) => note.startsWith("b"))).toEqual(["b1", "b2"]);
  });

  it("G4: what is behind a failure in its group is hidden as long as it, and nothing else is", async () => {
    trouble.set("a2", () => new RetryLater("NOT_NOW", 7));
    const delays = delaysAsked();
    const notes = ["a1", "b1", "a2", "a3", "b2", "a4"];
    await receive(...notes.map((note) => ({ ...aRecord(note), receiptHandle: note })));
    expect(delays).toEqual(["a2", "a3", "a4"].map((receiptHandle) => ({ receiptHandle, seconds: 7 })));
  });

  it("G4: groups run side by side, and one of a group at a time", async () => {
    let running = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++running);
      await vi.waitUntil(() => most === 3, { timeout: 60_000 });
      running--;
      throw new RetryLater("NOT_NOW");
    };
    for (const note of ["a1", "b1", "c1"]) trouble.set(note, slow);
    await receive(...["a1", "a2", "b1", "c1"].map((note) => aRecord(note)));
    expect(most).toBe(3);
    expect(notes).toEqual([]);
  });

  it("G4: a suspect group runs last and alone, in its order, and stops at its failure", async () => {
    trouble.set("a2", () => new RetryLater("NOT_NOW"));
    const batch = ["a1", "b1", "a2", "a3"].map((note) =>
      aRecord(note, { receiveCount: note.startsWith("a") ? 2 : 1 }),
    );
    expect(await receive(...batch)).toEqual(["a2", "a3"]);
    expect(notes).toEqual(["b1", "a1"]);
  });

  it("G4: what was only received behind a failure has not used up its attempts", async () => {
    trouble.set("a1", () => new RetryLater("NOT_NOW"));
    const batch = [aRecord("a1"), aRecord("a2")];
    for (let receiveCount = 1; receiveCount < 5; receiveCount++)
      await receive(...batch.map(again(receiveCount)));
    trouble.delete("a1");
    trouble.set("a2", () => new RetryLater("NOT_NOW"));
    expect(await receive(...batch.map(again(5)))).toEqual(["a2"]);
    expect(await deadNotes()).toEqual([]);
    for (let receiveCount = 6; receiveCount < 10; receiveCount++) {
      await receive(...batch.slice(1).map(again(receiveCount)));
    }
    expect(await deadNotes()).toEqual(["a2 RETRIES_EXHAUSTED"]);
  });

  it("G4: a message that kills its process is parked by us, so that its successors know", async () => {
    const killer = aRecord("a1");
    for (let receiveCount = 1; receiveCount <= 6; receiveCount++) {
      const killed = Promise.withResolvers<void>();
      trouble.set("a1", () => {
        killed.resolve();
        return new Promise<never>(() => undefined);
      });
      void receive(again(receiveCount)(killer), { remainingMs: 60_000 }); // never ends, as if its process had died
      await killed.promise;
    }
    expect(await receive(again(7)(killer), again(7)(aRecord("a2")))).toEqual([]);
    const [died, successor] = await world.drain(deadLetterQueueUrl);
    expect([died, successor].map((one) => one?.attributes.ReasonCode)).toEqual(["RETRIES_EXHAUSTED", "HELD"]);
    expect(died?.attributes.ReasonDetail).toMatch(/last error RUN_NOT_ENDED$/);
  });
});

it("G5: a failure recorded for an earlier run does not make a message less suspect for its last run", async () => {
  trouble.set("a1", () => new RetryLater("NOT_NOW"));
  const [heard, neighbour] = [aRecord("a1"), aRecord("b1")];
  await receive(heard);
  trouble.clear();
  faults = injectFaults(dynamodb(), { command: "PutItemCommand", moment: "before", attempts: [] });
  await receive(again(3)(heard), neighbour);
  expect(faults.attempts).toHaveLength(1); // the note that it runs alone
  expect(notes).toEqual(["b1", "a1"]);
});

describe("a parked message of a FIFO key", () => {
  it("G4: holds its successors, in the same batch and in later ones; other groups go on", async () => {
    trouble.set("a2", () => new Park("REFUSED", "no"));
    expect(await receive(...["a1", "a2", "a3", "b1"].map((note) => aRecord(note)))).toEqual([]);
    expect(await receive(aRecord("a4"), aRecord("b2"))).toEqual([]);
    expect([...notes].sort()).toEqual(["a1", "b1", "b2"]);
    expect(await deadNotes()).toEqual(["a2 REFUSED", "a3 HELD", "a4 HELD"]);
  });

  it("G4, G7: a body that is no message is parked, holds no other message and joins no line", async () => {
    const garbage = { ...aRecord("a1"), body: "not JSON" };
    expect(await receive(garbage, aRecord("a2"))).toEqual([]);
    expect(notes).toEqual(["a2"]);
    trouble.set("b1", () => new Park("REFUSED", "no"));
    expect(await receive(aRecord("b1"), { ...aRecord("b2"), body: "{}" }, aRecord("b3"))).toEqual([]);
    expect(await lines()).toMatchObject([[expect.anything(), expect.anything()]]);
  });

  it("G4, G7: has one place in its line, whatever attribute its copies come with", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const first = aRecord("a1");
    await receive(first);
    for (const id of ["x1", "x2"]) await receive(withGivenId(copyOf(first), id));
    expect((await lines())[0]).toHaveLength(1);
    trouble.clear();
    await receive(copyOf(first), aRecord("a2"));
    expect(notes).toEqual(["a1", "a2"]);
  });

  it("G4: a redrive brings the group back in order, and at its end the key is free", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    await receive(...["a1", "a2", "a3"].map((note) => aRecord(note)));
    trouble.clear();
    expect(await redriveAll(({ reason }) => reason === "REFUSED")).toEqual(["a1", "a2", "a3"]);
    expect(await pump()).toEqual([]);
    expect(notes).toEqual(["a1", "a2", "a3"]);
    await receive(aRecord("a4"));
    expect(notes).toEqual(["a1", "a2", "a3", "a4"]);
    expect(await lines()).toEqual([]);
  });

  it("G4: a release that fails again parks what is behind it again, in order", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    await receive(...["a1", "a2", "a3"].map((note) => aRecord(note)));
    trouble.clear();
    trouble.set("a2", () => new Park("REFUSED", "no"));
    await redriveAll();
    await pump();
    await receive(aRecord("a4"));
    expect(notes).toEqual(["a1"]);
    trouble.clear();
    expect(await redriveAll()).toEqual(["a2", "a3", "a4"]);
    await pump();
    expect(notes).toEqual(["a1", "a2", "a3", "a4"]);
  });

  it("G4: whatever the order in which dead letters come back, they take effect in theirs", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const batch = ["a1", "a2", "a3"].map((note) => aRecord(note));
    await receive(...batch);
    trouble.clear();
    const [first, second, third] = batch.map(copyOf) as [SQSRecord, SQSRecord, SQSRecord];
    await receive(third, second, first);
    expect(notes).toEqual(["a1"]);
    await receive(copyOf(third), copyOf(second));
    await receive(copyOf(third));
    expect(notes).toEqual(["a1", "a2", "a3"]);
    expect(await lines()).toEqual([]);
  });

  it("G4: a redrive within five minutes is not swallowed, nor is the second", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    await sqs().send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: bodyOf("a1"),
        MessageGroupId: "a",
        MessageDeduplicationId: "a1",
      }),
    );
    await pump();
    for (let tour = 0; tour < 2; tour++) {
      expect(await redriveAll()).toEqual(["a1"]);
      await pump();
    }
    expect(await deadNotes()).toEqual(["a1 REFUSED"]);
  });

  it("G4: discarding it lets the next in line go on", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    await receive(...["a1", "a2"].map((note) => aRecord(note)));
    const { discarded } = await discard(world.clients, {
      queues: [queue()],
      matches: ({ reason }) => reason === "REFUSED",
      because: "by the test",
      dryRun: false,
    });
    expect(discarded.map(({ body }) => noteIn(body))).toEqual(["a1"]);
    expect(await redriveAll()).toEqual(["a2"]);
    await pump();
    await receive(aRecord("a3"));
    expect(notes).toEqual(["a2", "a3"]);
    expect(await lines()).toEqual([]);
  });
});

describe("G4, G7: a message that is not authentic", () => {
  it.each([
    ["has no signature", async (record: SQSRecord) => record],
    [
      "is signed by a key that no ring has",
      (record: SQSRecord) => signed(record, aKeyStore(aSecret("k2")).ring),
    ],
    [
      "is altered",
      async (record: SQSRecord) => ({ ...(await signed(record, keys.ring)), body: bodyOf("a1!") }),
    ],
    ["is no envelope", async (record: SQSRecord) => ({ ...(await signed(record, keys.ring)), body: "{}" })],
    [
      "is beyond the caps",
      async (record: SQSRecord) => ({ ...record, body: `[${"[".repeat(99)}${"]".repeat(99)}]` }),
    ],
  ])("and %s is parked, holds no other message and joins no line", async (_, forged) => {
    guarding = [signature({ keys: keys.ring })];
    const genuine = async (note: string) => signed(aRecord(note), keys.ring);
    for (let receiveCount = 1; receiveCount <= 5; receiveCount++) {
      const forgery = again(receiveCount)(
        await forged({ ...aRecord("a1"), messageId: `${queueName}-forged` }),
      );
      await receive(forgery);
    }
    expect(await receive(await genuine("a2"))).toEqual([]);
    expect(notes).toEqual(["a2"]);
    expect(await world.drain(deadLetterQueueUrl)).toHaveLength(1);
    expect(await lines()).toEqual([]);
  });

  it("is parked for its own reason behind a held message, and the line does not grow", async () => {
    guarding = [signature({ keys: keys.ring })];
    trouble.set("a1", () => new Park("REFUSED", "no"));
    await receive(await signed(aRecord("a1"), keys.ring));
    expect(await receive(aRecord("a2"), await signed(aRecord("a3"), keys.ring))).toEqual([]);
    expect(await deadNotes()).toEqual(["a1 REFUSED", "a2 SIGNATURE_MISSING", "a3 HELD"]);
    expect((await lines())[0]).toHaveLength(2);
  });
});

describe("a crash", () => {
  it("G4: before the hold parks nothing and lets nothing pass", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "before" });
    expect(await receive(aRecord("a1"), aRecord("a2"))).toEqual(["a1", "a2"]);
    expect(notes).toEqual([]);
    expect(await deadNotes()).toEqual([]);
  });

  it("G4: between hold and park, the message is redelivered and keeps its place in the line", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const batch = [aRecord("a1"), aRecord("a2")];
    faults = injectFaults(sqs(), { command: "SendMessageCommand", moment: "before" });
    expect(await receive(...batch)).toEqual(["a1", "a2"]);
    faults.remove();
    expect(await receive(...batch.map(again(2)))).toEqual([]);
    expect(notes).toEqual([]);
    expect(await deadNotes()).toEqual(["a1 REFUSED", "a2 HELD"]);
    expect(await lines()).toHaveLength(1);
  });

  it("G4: between park and acknowledgement leaves one dead letter and one place in the line", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const batch = [aRecord("a1"), aRecord("a2")];
    await receive(...batch);
    await receive(...batch.map(again(2)));
    expect(await deadNotes()).toEqual(["a1 REFUSED", "a2 HELD"]);
    expect((await lines())[0]).toHaveLength(2);
  });

  it("G4: between effect and lift, the message is redelivered, is a duplicate, and lifts the hold", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const first = aRecord("a1");
    await receive(first);
    trouble.clear();
    const released = copyOf(first);
    faults = injectFaults(dynamodb(), { command: "DeleteItemCommand", moment: "before" });
    expect(await receive(released, aRecord("a2"))).toEqual(["a1", "a2"]);
    faults.remove();
    expect(await receive(again(2)(released), aRecord("a2"))).toEqual([]);
    expect(notes).toEqual(["a1", "a2"]);
    expect(await lines()).toEqual([]);
  });

  it("G4: between lift and acknowledgement, the message is redelivered and does not join its own line", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    const batch = [aRecord("a1"), aRecord("a2")];
    await receive(...batch);
    trouble.clear();
    const released = batch.map(copyOf) as [SQSRecord, SQSRecord];
    await receive(released[0]);
    await receive(again(2)(released[0]), released[1]);
    expect(await lines()).toEqual([]);
  });

  it("G4: the answer to each write of the line may be lost", async () => {
    trouble.set("a1", () => new Park("REFUSED", "no"));
    faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts: [1] });
    const batch = [aRecord("a1"), aRecord("a2")];
    await receive(...batch);
    expect((await lines())[0]).toHaveLength(2);
    faults.remove();
    trouble.clear();
    faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts: [1] });
    await receive(...batch.map(copyOf));
    expect(notes).toEqual(["a1", "a2"]);
    expect(await lines()).toEqual([]);
  });

  it("G4: when the holds cannot be read, nothing runs", async () => {
    faults = injectFaults(dynamodb(), { command: "BatchGetItemCommand", moment: "before" });
    expect(await receive(aRecord("a1"), aRecord("b1"))).toEqual(["a1", "b1"]);
    expect(notes).toEqual([]);
  });
});

function handler() {
  return consumer(contract({ name: `note-${queueName.replace(".", "-")}`, accepts: [Noted] }))
    .use(guarding)
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data: { note } }) => {
      const error = await trouble.get(note)?.();
      if (error) throw error;
      notes.push(note);
    });
}

/** The notes of the records that are returned to the queue. */
async function receive(...given: (SQSRecord | { remainingMs: number })[]): Promise<string[]> {
  const records = given.filter((one) => "body" in one);
  const context = given.find((one) => "remainingMs" in one);
  const { batchItemFailures } = await handler()(anSqsEvent(...records), aContext(context));
  const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return records.filter(({ messageId }) => returned.has(messageId)).map(({ body }) => noteIn(body));
}

/** A record of the group that its note begins with. */
function aRecord(note: string, options: { receiveCount?: number } = {}): SQSRecord {
  return anSqsRecord(bodyOf(note), { ...options, queueName, group: note.slice(0, 1) });
}

function again(receiveCount: number): (record: SQSRecord) => SQSRecord {
  return (record) => ({
    ...record,
    attributes: { ...record.attributes, ApproximateReceiveCount: String(receiveCount) },
  });
}

/** As a redrive brings it: the same body in another SQS message. */
function copyOf(record: SQSRecord): SQSRecord {
  return again(1)({ ...record, messageId: newId() });
}

function withGivenId(record: SQSRecord, stringValue: string): SQSRecord {
  return {
    ...record,
    messageAttributes: { EssentiallyOnceId: { dataType: "String", stringValue } },
  } as never;
}

/** Receives what the queue holds, as a mapping does, until it holds nothing visible. */
async function pump(): Promise<string[]> {
  for (;;) {
    const deadLetters = await world.drain(queueUrl);
    if (deadLetters.length === 0) return [];
    const records = deadLetters.map(({ body }) =>
      anSqsRecord(body, { queueName, group: noteIn(body).slice(0, 1) }),
    );
    for (const record of records) {
      const returned = await receive(record);
      if (returned.length > 0) return returned;
    }
  }
}

async function redriveAll(matches: Parameters<typeof redrive>[1]["matches"] = () => true): Promise<string[]> {
  const { handled } = await redrive(world.clients, {
    queues: [queue()],
    matches,
    dryRun: false,
  });
  return handled.map(({ deadLetter: { body } }) => noteIn(body));
}

function queue() {
  const evidenceTable = process.env.EVIDENCE_TABLE ?? "";
  return { consumer: "Note", name: "note", queueUrl, deadLetterQueueUrl, evidenceTable };
}

async function deadNotes(): Promise<string[]> {
  const deadLetters = await world.drain(deadLetterQueueUrl);
  return deadLetters.map(({ body, attributes }) => `${noteIn(body)} ${attributes.ReasonCode}`);
}

async function lines(): Promise<string[][]> {
  const items = await world.items(process.env.EVIDENCE_TABLE ?? "");
  return items.filter((item) => item.queue === queueName).map((item) => item.line as string[]);
}

async function fifoQueue(name: string): Promise<string> {
  const { QueueUrl = "" } = await world.clients.sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: "true" } }),
  );
  return QueueUrl;
}

function bodyOf(note: string): string {
  const message: Envelope = anEnvelope({ id: `${queueName} ${note}`, type: Noted.type, data: { note } });
  return asciiJson(message);
}

function noteIn(body: string): string {
  return body.match(/"note":"(?<note>[^"]+)"/)?.groups?.note ?? body;
}
