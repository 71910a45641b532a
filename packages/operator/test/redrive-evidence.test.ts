// A redrive checks the evidence that the kit's own consumers left, in each of their modes.
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { atMostOnce } from "@essentially-once/messaging/at-most-once";
import { setClock } from "@essentially-once/messaging/clock";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { effects } from "@essentially-once/messaging/effect";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { type EvidenceStore, idempotency } from "@essentially-once/messaging/idempotency";
import { evidenceId, newId } from "@essentially-once/messaging/ids";
import { inline } from "@essentially-once/messaging/inline";
import { leaseTable } from "@essentially-once/messaging/internal/commit/lease";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
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
import { type RedriveOptions, redrive } from "../src/dead-letters/redrive.ts";

const Noted = messageType({
  type: "tests.noted.v1",
  schema: z.strictObject({ note: z.string() }),
  key: (noted) => noted.note,
});

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let faults: Faults | undefined;
let restoreClock: (() => void) | undefined;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterEach(() => {
  faults?.remove();
  restoreClock?.();
});
afterAll(() => world.stop());

describe("a message that was done", () => {
  const stores: [string, () => EvidenceStore][] = [
    ["rows", () => rows()],
    ["inline, by ids", () => inline({ table: world.stateTable })],
    ["inline, by numbers", () => inline({ table: world.stateTable, by: "sequence" })],
  ];
  it.each(stores)("G6: is removed and not sent again: %s", async (_mode, store) => {
    const [done, open] = [aNote({ sequence: "1" }), aNote({ sequence: "1" })];
    await takeNote(store(), done);
    await parkAll(done, open);
    expect(await redriveAll()).toEqual([`${done.id} removed`, `${open.id} sent-back`].sort());
    expect(await bodiesIn(queue.queueUrl)).toEqual([asciiJson(open)]);
    expect(await bodiesIn(queue.deadLetterQueueUrl)).toEqual([]);
  });

  it("G6: is removed and not sent again: an effect outside, under a lease", async () => {
    const done = aNote();
    const handler = consumer(contract({ name: "note-taker", accepts: [Noted] }))
      .use(idempotency({ evidence: rows() }))
      .use(effects())
      .handler(async ({ id }, _unit, { effect }) => {
        await effect(id, { perform: async () => "done" });
      });
    await handler(anSqsEvent(anSqsRecord(asciiJson(done))), aContext());
    await parkAll(done);
    expect(await redriveAll()).toEqual([`${done.id} removed`]);
  });

  it("G9: is removed and not sent again: at most once, whether it had its effect or was lost", async () => {
    const [done, lost] = [aNote(), aNote()];
    await count(done);
    await count(lost, () => {
      throw new Error("lost");
    });
    await parkAll(done, lost);
    expect(await redriveAll()).toEqual([`${done.id} removed`, `${lost.id} removed`].sort());
  });

  it("G6: by another consumer is not done by this one", async () => {
    const message = aNote();
    await takeNote(rows(), message, "another-taker");
    await parkAll(message);
    expect(await redriveAll()).toEqual([`${message.id} sent-back`]);
  });

  it("G6: in a table of another shape is asked there in vain, and sent back", async () => {
    const message = aNote();
    await parkAll(message);
    const odd = { ...queue, stateTables: ["no-such-table"] };
    expect(await redriveAll({ queues: [odd] })).toEqual([`${message.id} sent-back`]);
  });
});

describe("a message that a redrive leaves alone", () => {
  it("G7: is older than the dedup window, unless it is forced", async () => {
    const old = aNote({ time: new Date(Date.now() - 60 * 86_400_000).toISOString() });
    await parkAll(old);
    expect(await redriveAll()).toEqual([`${old.id} left`]);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    expect(await redriveAll({ force: true })).toEqual([`${old.id} sent-back`]);
  });

  it("G6: has an id that another message had used", async () => {
    const done = aNote();
    const reused = { ...done, data: { note: "another" } };
    await takeNote(rows(), done);
    await parkAll(reused);
    expect(await redriveAll()).toEqual([`${done.id} left`]);
  });

  it("G9: is being processed; after its lease ends it is sent back", async () => {
    const message = aNote();
    await leaseTable({ table: world.evidenceTable, graceMs: 0, client: world.clients.dynamodb }).acquire({
      id: evidenceId({ consumer: "note-taker", message }),
      untilMs: Date.now() + 10_000,
      about: { digest: (await digestAfterClaim(message)) ?? "" },
    });
    await parkAll(message);
    expect(await redriveAll()).toEqual([`${message.id} left`]);
    restoreClock = setClock(() => Date.now() + 15_000);
    expect(await redriveAll()).toEqual([`${message.id} sent-back`]);
  });
});

describe("a redrive under faults", () => {
  it("G6: that dies between send and delete repeats no effect when it is run again", async () => {
    const notes = Array.from({ length: 15 }, () => aNote());
    await parkAll(...notes);
    faults = injectFaults(world.clients.sqs, { command: "DeleteMessageCommand", moment: "before" });
    await expect(redriveAll()).rejects.toThrow("socket hang up");
    faults.remove();
    const sent = await world.drain(queue.queueUrl);
    expect(sent.length).toBeGreaterThan(0);
    for (const { Body = "" } of sent) await takeNoteFrom(Body);
    const second = await redriveAll();
    expect(second.filter((line) => line.endsWith("removed"))).toHaveLength(sent.length);
    expect(second).toHaveLength(15);
    expect(await bodiesIn(queue.queueUrl)).toHaveLength(15 - sent.length);
  });

  it("G6: whose answer to a send is lost sends no dead letter into nothing", async () => {
    const note = aNote();
    await parkAll(note);
    faults = injectFaults(world.clients.sqs, {
      command: "SendMessageCommand",
      moment: "after",
      attempts: [1],
    });
    expect(await redriveAll()).toEqual([`${note.id} sent-back`]);
    expect(new Set(await bodiesIn(queue.queueUrl))).toEqual(new Set([asciiJson(note)]));
  });

  it("G6: two operators at once send every message, and each takes effect once", async () => {
    const notes = Array.from({ length: 40 }, () => aNote());
    await parkAll(...notes);
    await Promise.all([redriveAll(), redriveAll()]);
    await redriveAll();
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
    let effects = 0;
    for (const { Body = "" } of await world.drain(queue.queueUrl)) {
      await takeNoteFrom(Body, () => {
        effects += 1;
      });
    }
    expect(effects).toBe(40);
  });

  it("G6: a retry that is in flight and the redriven copy take effect once", async () => {
    const note = aNote();
    await parkAll(note);
    await redriveAll();
    let effects = 0;
    const took = () => {
      effects += 1;
    };
    await takeNoteFrom(asciiJson(note), took); // parked and not acknowledged: it is redelivered
    for (const { Body = "" } of await world.drain(queue.queueUrl)) await takeNoteFrom(Body, took);
    expect(effects).toBe(1);
  });
});

describe("a FIFO group", () => {
  it("G4: goes on when its first was done: it leaves the line here and is not sent", async () => {
    queue = await world.aQueue({ fifo: true });
    const [first, second] = [aNote(), aNote()];
    const parking = aTaker(rows(), "note-taker", () => {
      throw new Park("REFUSED", "no");
    });
    await parking(inGroup(first, second), aContext());
    const redriven = aTaker(rows());
    // The first was done by a copy whose lift did not come through.
    faults = injectFaults((await import("@essentially-once/messaging/clients")).dynamodb(), {
      command: "UpdateItemCommand",
      moment: "before",
    });
    await redriven(inGroup(first), aContext());
    faults.remove();
    expect(await redriveAll()).toEqual([`${first.id} removed`, `${second.id} sent-back`]);
    const [sqsMessage] = await world.drain(queue.queueUrl);
    expect(await redriven(inGroup(second), aContext())).toEqual({ batchItemFailures: [] });
    expect(sqsMessage?.Body).toBe(asciiJson(second));
    expect(await bodiesIn(queue.deadLetterQueueUrl)).toEqual([]);
  });

  it("G4: stays behind a first that is left", async () => {
    queue = await world.aQueue({ fifo: true });
    const old = aNote({ time: new Date(Date.now() - 60 * 86_400_000).toISOString() });
    const young = aNote();
    await parkAll(old, young);
    expect(await redriveAll()).toEqual([`${old.id} left`]);
    expect(await bodiesIn(queue.deadLetterQueueUrl)).toEqual([asciiJson(old), asciiJson(young)]);
  });

  it("G4: two operators at once change no order and lose nothing", async () => {
    queue = await world.aQueue({ fifo: true });
    const notes = Array.from({ length: 6 }, () => aNote());
    await parkAll(...notes);
    await Promise.all([redriveAll(), redriveAll()]);
    await redriveAll();
    const { Messages = [] } = await world.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.queueUrl, MaxNumberOfMessages: 10 }),
    );
    const bodies = Messages.map(({ Body }) => Body);
    expect(bodies).toEqual(notes.slice(0, bodies.length).map(asciiJson));
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
  });
});

function aNote(changes: Partial<Envelope> = {}): Envelope {
  const key = newId();
  return anEnvelope({ type: Noted.type, partitionkey: key, data: { note: key }, ...changes });
}

function aTaker(evidence: EvidenceStore, name = "note-taker", also: () => void = () => undefined) {
  const notes = versionedTable<{ id: string; version: number }>(world.stateTable);
  return consumer(contract({ name, accepts: [Noted] }))
    .use(idempotency({ evidence }))
    .handler(async ({ partitionkey }, unit) => {
      also();
      unit.write(notes.save((await notes.get(partitionkey)) ?? { id: partitionkey, version: 0 }));
    });
}

async function takeNote(evidence: EvidenceStore, message: Envelope, name?: string): Promise<void> {
  const { batchItemFailures } = await aTaker(evidence, name)(
    anSqsEvent(anSqsRecord(asciiJson(message))),
    aContext(),
  );
  expect(batchItemFailures).toEqual([]);
}

/** As `rows` lets it take effect: `also` counts only what was committed or tried, and a duplicate is neither. */
async function takeNoteFrom(body: string, also?: () => void): Promise<void> {
  await aTaker(rows(), "note-taker", also)(anSqsEvent(anSqsRecord(body, { receiveCount: 2 })), aContext());
}

async function count(message: Envelope, work: () => void = () => undefined): Promise<void> {
  const handler = consumer(contract({ name: "note-taker", accepts: [Noted] }))
    .use(atMostOnce())
    .handler(async () => work());
  await handler(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
}

/** The digest that the kit writes when it takes an at-most-once message. */
async function digestAfterClaim(message: Envelope): Promise<string | undefined> {
  const twin = { ...message, id: newId() };
  await count(twin);
  const items = await world.items(world.evidenceTable);
  return items.find(({ messageId }) => messageId === twin.id)?.digest as string | undefined;
}

function inGroup(...messages: Envelope[]) {
  const queueName = queue.queueUrl.split("/").at(-1) ?? "";
  return anSqsEvent(
    ...messages.map((message) => anSqsRecord(asciiJson(message), { group: "g", queueName, receiveCount: 1 })),
  );
}

async function parkAll(...messages: Envelope[]): Promise<void> {
  for (const message of messages) await world.park(queue, asciiJson(message));
}

async function redriveAll(options: Partial<RedriveOptions> = {}): Promise<string[]> {
  const { handled } = await redrive(world.clients, {
    queues: [queue],
    matches: () => true,
    dryRun: false,
    rate: 1_000,
    ...options,
  });
  const lines = handled.map(({ deadLetter, outcome }) => `${deadLetter.id} ${outcome}`);
  return queue.queueUrl.endsWith(".fifo") ? lines : lines.sort();
}

async function bodiesIn(queueUrl: string): Promise<(string | undefined)[]> {
  return (await world.drain(queueUrl)).map(({ Body }) => Body);
}
