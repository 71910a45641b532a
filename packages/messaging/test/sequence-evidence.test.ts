import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { rounds } from "@essentially-once/testing/rounds";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { remember } from "../src/commit/seen-evidence.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { itemBytes } from "../src/core/item-size.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { sequenceText } from "../src/envelope/sequence.ts";
import { consumer } from "../src/receive/consumer.ts";

interface Sentence extends Versioned {
  readonly told: string;
}

const Told = messageType({
  type: "tests.told.v1",
  schema: z.strictObject({ sentence: z.string(), word: z.string() }),
  key: ({ sentence }) => sentence,
});

let world: World;
let faults: Faults | undefined;
let sentenceId: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  sentenceId = newId();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("evidence by sequence", () => {
  it("G2: costs one request and one write unit a message, and the item does not grow with their number", async () => {
    await receive(blind, aTold(1));
    const size = await keptBytes();
    const requests = watchRequests(dynamodb());
    for (let sequence = 2; sequence <= 35; sequence++) await receive(blind, aTold(sequence));
    expect(new Set(requests.stop())).toEqual(new Set(["UpdateItem 1"]));
    expect(requests.seen).toHaveLength(34);
    expect(await keptBytes()).toBe(size);
  });

  it("G2: after the handler's own read, costs one request and one write unit", async () => {
    await receive(tell, aTold(1));
    const requests = watchRequests(dynamodb());
    await receive(tell, aTold(2));
    expect(requests.stop()).toEqual(["GetItem 1", "UpdateItem 1"]);
  });

  it("G2: items that this process does not know are read in one request, and written in another", async () => {
    const handler = aConsumer().handler(async ({ data: { sentence } }, unit) => {
      unit.write({
        Update: {
          TableName: table(),
          Key: { id: { S: sentence } },
          UpdateExpression: "ADD words :one",
          ExpressionAttributeValues: { ":one": { N: "1" } },
        },
      });
    });
    const sentences = Array.from({ length: 10 }, newId);
    const batch = (sequence: number) => {
      const messages = sentences.map((id) => aTold(sequence, id));
      return handler(anSqsEvent(...messages.map((one) => anSqsRecord(asciiJson(one)))), aContext());
    };
    await batch(1);
    for (let other = 0; other < 1_000; other++) remember(table(), `other-${other}`, undefined);
    const requests = watchRequests(dynamodb());
    expect(await batch(2)).toEqual({ batchItemFailures: [] });
    expect(requests.stop()).toEqual(["BatchGetItem 10", "BatchExecuteStatement 10"]);
    for (const id of sentences) expect((await world.get(table(), id))?.words).toBe(2);
  });

  it.each(["1234", "4321", "3142", "2413", "441122331234"])(
    "G4, S6: messages that arrive as %s take effect as 1234, each once",
    async (arrivals) => {
      let open = [...arrivals].map((sequence) => aTold(Number(sequence)));
      for (let delivery = 1; open.length > 0 && delivery < 5; delivery++) {
        const again: Envelope[] = [];
        for (const message of open) if (await isReturned(tell, message, delivery)) again.push(message);
        open = again;
      }
      expect(await told()).toBe(" 1 2 3 4");
      expect(await reasons()).toEqual([]);
    },
  );

  it("G4: five workers at once on ten messages, each twice, keep the order", async () => {
    const messages = Array.from({ length: 10 }, (_, index) => aTold(index + 1));
    let open = [...messages, ...messages];
    for (const _ of rounds()) {
      if (open.length === 0) break;
      const answers = await Promise.all(open.map((message) => isReturned(tell, message)));
      open = open.filter((_, index) => answers[index]);
    }
    expect(await told()).toBe(" 1 2 3 4 5 6 7 8 9 10");
  });

  it("G2: knows what was seen, however long ago and in a process that remembers nothing", async () => {
    const messages = Array.from({ length: 30 }, (_, index) => aTold(index + 1));
    for (const message of messages) await receive(tell, message);
    for (const message of messages) {
      remember(table(), sentenceId, undefined);
      expect(await isReturned(blind, message)).toBe(false);
    }
    expect((await told()).split(" ")).toHaveLength(31);
    expect(await reasons()).toEqual([]);
  });

  it("G2: asks the item before it believes its memory that a message was seen or comes too early", async () => {
    await receive(blind, aTold(1));
    await receive(blind, aTold(2));
    const item = await storedNow();
    await world.remove(table(), sentenceId);
    expect(await isReturned(blind, aTold(1))).toBe(false);
    expect(await told()).toBe(" 1");
    await world.put(table(), { id: sentenceId, told: " 1 2", eo_sequences: item.eo_sequences?.S });
    expect(await isReturned(blind, aTold(3))).toBe(false);
    expect(await told()).toBe(" 1 2 3");
  });

  it.each([[[1]], ["all" as const]])(
    "D1: applies the effect once when the response to attempts %s is lost",
    async (attempts) => {
      faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts });
      expect(await isReturned(tell, aTold(1))).toBe(false);
      faults.remove();
      await receive(tell, aTold(2));
      expect(await told()).toBe(" 1 2");
    },
  );

  it("G4: a handler that refuses the state which a predecessor has not made yet is run again behind it", async () => {
    const second = aTold(2);
    expect(await isReturned(strict, second)).toBe(true);
    await receive(strict, aTold(1));
    expect(await isReturned(strict, second, 2)).toBe(false);
    expect(await told()).toBe(" 1 2");
    expect(await reasons()).toEqual([]);
  });

  it("G4: a message without an effect counts, also when it is the first of an item that is not there", async () => {
    expect(await isReturned(silent, aTold(1))).toBe(false);
    expect(await versionedTable<Sentence>(table()).get(sentenceId)).toBeUndefined();
    await receive(tell, aTold(2));
    await receive(silent, aTold(3));
    await receive(tell, aTold(4));
    expect(await told()).toBe(" 2 4");
    expect(await versionedTable<Sentence>(table()).get(sentenceId)).toMatchObject({ version: 2 });
  });

  it("G6: a predecessor that never comes parks its successor before the queue forgets it, with both numbers", async () => {
    const third = aTold(3);
    await receive(tell, aTold(1));
    for (const receiveCount of [1, 2, 99]) expect(await isReturned(tell, third, receiveCount)).toBe(true);
    expect(await isReturned(tell, third, 100, { ageDays: 3.6 })).toBe(false);
    const [parkedMessage] = await parkedMessages();
    expect(parkedMessage?.attributes.ReasonCode).toBe("SEQUENCE_GAP");
    expect(parkedMessage?.attributes.ReasonDetail).toBe(
      `/tests ${sentenceId}: received sequence 3, the last was 1`,
    );
    await receive(tell, aTold(2));
    await receive(tell, third); // redriven
    expect(await told()).toBe(" 1 2 3");
  });

  it("G6: parks a second message with the last number, and one without a number", async () => {
    const first = aTold(1);
    await receive(tell, first);
    await receive(tell, { ...first, id: newId() });
    await receive(tell, { ...first, data: { sentence: sentenceId, word: "other" } });
    const { sequence: _, ...unnumbered } = aTold(2);
    await receive(tell, unnumbered);
    expect(await reasons()).toEqual(["SEQUENCE_REUSED", "SEQUENCE_REUSED", "SEQUENCE_MISSING"]);
    expect(await told()).toBe(" 1");
  });

  it("G6: sources are numbered apart, and as many as there are may tell of an item", async () => {
    for (let source = 1; source <= 15; source++) {
      await receive(tell, { ...aTold(1), source: `/tests/${source}` });
    }
    expect((await told()).split(" ")).toHaveLength(16);
    expect(await reasons()).toEqual([]);
    expect(itemBytes(await storedNow())).toBeLessThan(1024);
  });

  it("refuses another kind of evidence by name", () => {
    const by = "offset" as "ids";
    expect(() => inline({ table: table(), by })).toThrow('by must be "ids" or "sequence", got offset');
  });
});

type Handler = typeof tell;

function aConsumer() {
  return consumer(contract({ name: "tell", accepts: [Told] })).use(
    idempotency({ evidence: inline({ table: table(), by: "sequence" }) }),
  );
}

/** Reads the item, and adds the word. */
function tell() {
  return aConsumer().handler(async ({ data: { sentence: id, word } }, unit) => {
    const sentences = versionedTable<Sentence>(table());
    const sentence = (await sentences.get(id)) ?? { id, version: 0, told: "" };
    unit.write(sentences.save({ ...sentence, told: `${sentence.told} ${word}` }));
  });
}

/** As `tell`, and parks every word but the first of an empty item. */
function strict() {
  return aConsumer().handler(async ({ data: { sentence: id, word } }, unit) => {
    const sentences = versionedTable<Sentence>(table());
    const sentence = (await sentences.get(id)) ?? { id, version: 0, told: "" };
    if (word !== "1" && sentence.told === "") throw new Park("SENTENCE_UNKNOWN", `no sentence ${id}`);
    unit.write(sentences.save({ ...sentence, told: `${sentence.told} ${word}` }));
  });
}

/** Adds the word without reading the kit's attributes. */
function blind() {
  return aConsumer().handler(async ({ data: { sentence, word } }, unit) => {
    const old = String((await world.get(table(), sentence))?.told ?? "");
    unit.write({
      Update: {
        TableName: table(),
        Key: { id: { S: sentence } },
        UpdateExpression: "SET told = :told",
        ExpressionAttributeValues: { ":told": { S: `${old} ${word}` } },
      },
    });
  });
}

function silent() {
  return aConsumer().handler(async () => undefined);
}

async function receive(handlerOf: Handler, message: Envelope, receiveCount = 1): Promise<void> {
  await isReturned(handlerOf, message, receiveCount);
}

/** True when the message goes back to its queue. */
async function isReturned(
  handlerOf: Handler,
  message: Envelope,
  receiveCount = 1,
  { ageDays = 0 } = {},
): Promise<boolean> {
  const record = anSqsRecord(asciiJson(message), { receiveCount });
  record.attributes.SentTimestamp = String(Date.now() - ageDays * 86_400_000);
  const { batchItemFailures } = await handlerOf()(anSqsEvent(record), aContext({ remainingMs: 1_500 }));
  return batchItemFailures.length > 0;
}

function table(): string {
  return world.output("StandardTable");
}

/** The same for the same number: a second delivery. */
function aTold(sequence: number, sentence = sentenceId): Envelope {
  return anEnvelope({
    ...Told.from({ sentence, word: String(sequence) }),
    id: `${sentence}-${sequence}`,
    sequence: sequenceText(sequence),
  });
}

async function storedNow() {
  return marshall((await world.get(table(), sentenceId)) ?? {});
}

/** Bytes of the item without its text. */
async function keptBytes(): Promise<number> {
  return itemBytes({ ...(await storedNow()), told: { S: "" } });
}

async function told(): Promise<string> {
  return String((await world.get(table(), sentenceId))?.told ?? "");
}

function parkedMessages() {
  return world.drain(world.output("StandardDeadLetterQueueUrl"));
}

async function reasons(): Promise<unknown[]> {
  return (await parkedMessages()).map(({ attributes }) => attributes.ReasonCode);
}
