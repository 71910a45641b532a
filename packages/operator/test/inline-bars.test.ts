// What an operator edits or discards takes no effect any more, wherever its consumer keeps its evidence, whether there is
// any yet, and wherever the command dies.

import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { type EvidenceStore, idempotency } from "@essentially-once/messaging/idempotency";
import { newId } from "@essentially-once/messaging/ids";
import { inline } from "@essentially-once/messaging/inline";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
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
import { edit } from "../src/dead-letters/edit.ts";
import { askEvidence } from "../src/dead-letters/evidence.ts";
import { redrive } from "../src/dead-letters/redrive.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ cents: z.int() }),
  key: () => "account",
});

interface Account extends Versioned {
  readonly cents: number;
}

interface Form {
  readonly store: () => EvidenceStore;
  readonly itemOf: (message: Envelope) => string;
}

const byKey = ({ partitionkey }: Envelope) => partitionkey;
const byConsumer = ({ partitionkey }: Envelope) => `note-taker#${partitionkey}`;
const byOwnName = ({ partitionkey }: Envelope) => `account of ${partitionkey}`;

const unnamedNumbers = "inline by numbers, an item of another name";

const forms: readonly (readonly [string, Form])[] = [
  ["rows", { store: () => rows(), itemOf: byKey }],
  ["inline by ids", { store: () => inline({ table: table() }), itemOf: byKey }],
  ["inline by ids, a window of one", { store: () => inline({ table: table(), window: 1 }), itemOf: byKey }],
  ["inline by ids, the consumer's item", { store: () => inlineOf(byConsumer), itemOf: byConsumer }],
  ["inline by ids, an item of another name", { store: () => inlineOf(byOwnName), itemOf: byOwnName }],
  ["inline by numbers", { store: () => inline({ table: table(), by: "sequence" }), itemOf: byKey }],
  [
    unnamedNumbers,
    { store: () => inline({ table: table(), by: "sequence", itemOf: byOwnName }), itemOf: byOwnName },
  ],
];

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

describe.each(forms)("%s", (name, form) => {
  it("G2: an edit of a message whose item has no evidence yet: a late copy of the old one has no effect", async () => {
    const old = aPayment(500);
    await world.park(queue, asciiJson(old));
    await editIt(old.id, { cents: 5 });
    await receive(form, ...(await sent()), old, old);
    expect(await cents(form)).toBe(5);
    expect(await parked()).toEqual([]);
  });

  it("G2: an edit: a copy of the old one that comes before the new one has no effect either", async () => {
    const old = aPayment(500);
    await world.park(queue, asciiJson(old));
    await editIt(old.id, { cents: 5 });
    await receive(form, old, ...(await sent()), old);
    expect(await cents(form)).toBe(5);
    expect(await parked()).toEqual([]);
  });

  it("G2: after a discard a later copy has no effect, and the messages behind it do", async () => {
    if (name === unnamedNumbers) return; // only its consumer knows which attribute holds the number
    const [first, second, third] = [aPayment(1, "1"), aPayment(500, "2"), aPayment(2, "3")];
    await receive(form, first);
    await world.park(queue, asciiJson(second));
    await discardAll();
    await receive(form, second, third, second);
    expect(await cents(form)).toBe(3);
    expect(await parked()).toEqual([]);
  });

  it("G2: a discard of the first message of an item", async () => {
    if (name === unnamedNumbers) return; // only its consumer knows which attribute holds the number
    const first = aPayment(500);
    await world.park(queue, asciiJson(first));
    await discardAll();
    await receive(form, first, aPayment(2, "2"), first);
    expect(await cents(form)).toBe(2);
    expect(await parked()).toEqual([]);
  });

  it("G2: an edit that meets a message done meanwhile sends nothing, and a redrive removes the dead letter", async () => {
    if (name.includes("another name")) return; // its item is not known here: the next test
    const old = aPayment(500);
    await world.park(queue, asciiJson(old));
    const dynamodb = world.clients.dynamodb;
    const stop = whenFirst("PutItemCommand", () => receive(form, old)); // after the edit checked the evidence
    await expect(editIt(old.id, { cents: 5 })).rejects.toThrow("was processed");
    stop();
    expect(await sent()).toEqual([]);
    expect(await redriveAll()).toEqual(["removed"]);
    expect(await cents(form)).toBe(500);

    function whenFirst(command: string, work: () => Promise<unknown>) {
      let met = false;
      dynamodb.middlewareStack.add(
        (next, context) => async (args) => {
          if (!met && context.commandName === command) {
            met = true;
            await work();
          }
          return next(args);
        },
        { name: "meanwhile", step: "initialize", override: true },
      );
      return () => dynamodb.middlewareStack.remove("meanwhile");
    }
  });

  it.each(
    [
      "PutItemCommand",
      "UpdateItemCommand",
      "GetItemCommand",
      "SendMessageCommand",
      "DeleteMessageCommand",
    ].flatMap((command) => [1, 2, 3].map((nth) => [command, nth] as const)),
  )("G2, G6: an edit that dies at %s %i, a redrive, and the edit again: one effect", async (command, nth) => {
    const old = aPayment(500);
    await world.park(queue, asciiJson(old));
    const client = /Message/.test(command) ? world.clients.sqs : world.clients.dynamodb;
    const attempts = Array.from({ length: 20 }, (_, retry) => nth + retry);
    faults = injectFaults(client, { command, moment: "before", attempts });
    const cutShort = await editIt(old.id, { cents: 5 }).then(
      () => false,
      () => true,
    );
    faults.remove();
    const handled = cutShort ? await redriveAll() : [];
    const again = handled.some((outcome) => outcome === "left")
      ? await editIt(old.id, { cents: 5 })
      : undefined;
    await receive(form, ...(await sent()), old);
    const wanted = again || !cutShort || handled.includes("removed") ? 5 : 500; // not begun, and sent back by the redrive
    expect(await cents(form)).toBe(wanted);
  });

  it("G2, G6: a discard that dies anywhere is finished by the same discard", async () => {
    if (name === unnamedNumbers) return; // only its consumer knows which attribute holds the number
    for (const [client, command] of [
      ["dynamodb", "PutItemCommand"],
      ["dynamodb", "UpdateItemCommand"],
      ["dynamodb", "GetItemCommand"],
      ["sqs", "DeleteMessageCommand"],
    ] as const) {
      key = newId();
      const old = aPayment(500);
      await world.park(queue, asciiJson(old));
      faults = injectFaults(world.clients[client], { command, moment: "after" });
      await discardAll().catch(() => undefined);
      faults.remove();
      await discardAll();
      await discardAll();
      await receive(form, old, aPayment(2, "2"));
      expect([command, await cents(form)]).toEqual([command, 2]);
    }
  });

  it("G6: of messages that have left the item, and whatever the naming, a redrive knows that they were done", async () => {
    if (name.includes("another name")) return; // what is not found is sent back, and its consumer knows
    const done = Array.from({ length: 25 }, (_, n) => aPayment(1, String(n + 1)));
    await receive(form, ...done);
    const verdicts = await askEvidence(place(), done);
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["done"]));
  });
});

function inlineOf(itemOf: (message: Envelope) => string): EvidenceStore {
  return inline({ table: table(), itemOf });
}

function aPayment(cents: number, sequence = "1"): Envelope {
  return anEnvelope({ type: Paid.type, source: `/${key}`, partitionkey: key, data: { cents }, sequence });
}

async function receive({ store, itemOf }: Form, ...messages: readonly Envelope[]): Promise<void> {
  const accounts = versionedTable<Account>(table());
  const handler = consumer(contract({ name: "note-taker", accepts: [Paid] }))
    .use(idempotency({ evidence: store() }))
    .handler(async (message, unit) => {
      const { data } = message;
      const id = itemOf(message);
      const before = (await accounts.get(id)) ?? { id, version: 0, cents: 0 };
      unit.write(accounts.save({ ...before, cents: before.cents + data.cents }));
    });
  for (const message of messages) {
    const { batchItemFailures } = await handler(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(batchItemFailures).toEqual([]);
  }
}

async function cents({ itemOf }: Form): Promise<unknown> {
  const item = (await world.items(table())).find(({ id }) => id === itemOf(aPayment(0)));
  return item?.cents;
}

async function sent(): Promise<Envelope[]> {
  return (await world.drain(queue.queueUrl)).map(({ Body = "" }) => JSON.parse(Body) as Envelope);
}

async function parked(): Promise<unknown[]> {
  const deadLetters = await world.drain(queue.deadLetterQueueUrl);
  return deadLetters.map(({ MessageAttributes }) => MessageAttributes?.ReasonCode?.StringValue);
}

function place() {
  return { dynamodb: world.clients.dynamodb, queue };
}

function editIt(id: string, data: unknown) {
  return edit(world.clients, { queues: [queue], id, data, dryRun: false });
}

function discardAll() {
  const options = { matches: () => true, because: "a test", dryRun: false };
  return discard(world.clients, { queues: [queue], ...options });
}

async function redriveAll(): Promise<string[]> {
  const options = { matches: () => true, dryRun: false, rate: 1_000 };
  const { handled } = await redrive(world.clients, { queues: [queue], ...options });
  return handled.map(({ outcome }) => outcome);
}

function table(): string {
  return world.stateTable;
}
