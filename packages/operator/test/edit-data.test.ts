// What an edit takes as data: what its consumer would take, and nothing else.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asciiJson, type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { messageType } from "@essentially-once/messaging/message-type";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Contracts, loadContracts, noContracts } from "../src/connect/contracts.ts";
import { originIn } from "../src/connect/origins.ts";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { type EditOptions, edit } from "../src/dead-letters/edit.ts";
import { findDeadLetters } from "../src/dead-letters/find.ts";
import { show } from "../src/dead-letters/show.ts";
import { readJson } from "../src/terminal/json-file.ts";

const Paid = messageType({
  type: "tests.paid.v2",
  schema: z.strictObject({ cents: z.int().positive(), currency: z.string() }),
  key: () => "account",
  upcasts: {
    v1: {
      schema: z.strictObject({ cents: z.int().positive() }),
      lift: (paid) => ({ ...paid, currency: "EUR" }),
    },
  },
});

const contracts: Contracts = {
  ...noContracts,
  of: (name) => (name === "note-taker" ? { name, accepts: [Paid] } : undefined),
};

let world: DeadLetterWorld;
let queue: ConsumerQueue;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterAll(() => world.stop());

describe("the data of an edit", () => {
  it("G6: are refused when the schema of its type refuses them, naming what to correct and no value", async () => {
    const { id } = await parked();
    const refused = editIt(id, { cents: -5, currency: "EUR" });
    await expect(refused).rejects.toThrow(
      "The data is not valid (DATA_INVALID): tests.paid.v2: invalid at cents",
    );
    await expect(refused).rejects.not.toThrow("-5");
    await expect(editIt(id, { cents: -5 }, { dryRun: true })).rejects.toThrow("DATA_INVALID");
    expect(await world.items(world.evidenceTable)).toEqual([]);
    expect(await editIt(id, { cents: 5, currency: "EUR" })).toMatchObject({ schemaChecked: true });
  });

  it("are held against the version that the message has", async () => {
    const { id } = await parked({ type: "tests.paid.v1" });
    await expect(editIt(id, { cents: 5, currency: "EUR" })).rejects.toThrow("DATA_INVALID): tests.paid.v1");
    await editIt(id, { cents: 5 });
    const [message] = await world.drain(queue.queueUrl);
    expect(readEnvelope(message?.Body ?? "")).toMatchObject({ type: "tests.paid.v1", data: { cents: 5 } });
  });

  it("G7: go without the id that an attribute beside the old message names", async () => {
    const from = originIn('{"form":"cloud-events"}', "note-taker");
    const old = anEnvelope({ id: "old", type: Paid.type, data: { cents: -1 } });
    await world.park(queue, asciiJson(old), { ReasonCode: "DATA_INVALID", EssentiallyOnceId: "given" });
    await editIt("old", { cents: 5, currency: "EUR" }, { queues: [{ ...queue, from }] });
    const [message] = await world.drain(queue.queueUrl);
    expect(message?.MessageAttributes).toBeUndefined();
    expect(readEnvelope(message?.Body ?? "").causationid).toBe("given");
  });

  it("cannot correct a type that the consumer does not accept", async () => {
    const { id } = await parked({ type: "tests.other.v1" });
    await expect(editIt(id, {})).rejects.toThrow("note-taker accepts tests.paid.v2, tests.paid.v1");
  });

  it("without a contract are sent, and it is said that nothing held them against a schema", async () => {
    const { id } = await parked();
    const without = { known: { contracts: noContracts } };
    expect(await editIt(id, { anything: true }, without)).toMatchObject({ schemaChecked: false });
  });

  it("are refused as the output of show --json, as one of its dead letters, and as the whole message", async () => {
    const message = await parked();
    const [found] = await findDeadLetters(world.clients.sqs, { queues: [queue], id: message.id });
    if (found === undefined) throw new Error("there is no dead letter");
    await found.held.release();
    const place = { dynamodb: world.clients.dynamodb, queue };
    const shown = await show(place, found.deadLetter, { payload: true });
    const without = { known: { contracts: noContracts } };
    for (const data of [{ deadLetters: [shown], discards: [] }, shown]) {
      await expect(editIt(message.id, data, without)).rejects.toThrow("got the output of show --json");
    }
    await expect(editIt(message.id, message, without)).rejects.toThrow("pass its data only");
    await editIt(message.id, shown.payload, without);
  });

  it("G6: that SQS would refuse supersede nothing", async () => {
    const { id } = await parked();
    const without = { known: { contracts: noContracts } };
    const large = { text: "x".repeat(1_048_180) };
    await expect(editIt(id, large, without)).rejects.toThrow("SQS allows 1048576");
    const crowd = anEnvelope();
    await world.park(
      queue,
      asciiJson(crowd),
      Object.fromEntries(Array.from("abcdefghij", (name) => [name, "x"])),
    );
    await expect(editIt(crowd.id, {}, without)).rejects.toThrow("has 10 attributes");
    expect(await world.depth(queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
    const items = await world.items(world.evidenceTable);
    expect(items.filter(({ messageId }) => messageId === id || messageId === crowd.id)).toEqual([]);
  });
});

describe("a file of data", () => {
  it.each([
    ["a mark at its beginning", Buffer.from('\ufeff{"a":1}'), undefined],
    ["another encoding", Buffer.from('{"a":"\xe9"}', "latin1"), "is not UTF-8"],
    ["what Windows writes", Buffer.from('\ufeff{"a":1}', "utf16le"), "is not"],
    ["no JSON", Buffer.from("{"), "is not JSON"],
    [
      "a number that JavaScript changes",
      Buffer.from('{"a":9007199254740993}'),
      "is refused (NUMBER_INEXACT)",
    ],
    ["a key that is none", Buffer.from('{"__proto__":1}'), "is refused (KEY_FORBIDDEN)"],
  ])("with %s", async (_what, bytes, refusal) => {
    const file = join(await mkdtemp(join(tmpdir(), "essentially-once-data-")), "data.json");
    await writeFile(file, bytes);
    if (refusal === undefined) expect(readJson("data", file)).toEqual({ a: 1 });
    else expect(() => readJson("data", file)).toThrow(refusal);
  });
});

describe("the contracts of an app", () => {
  it("are found by their names, and a file that cannot be loaded is told", async () => {
    const directory = await mkdtemp(join(tmpdir(), "essentially-once-contracts-"));
    const file = join(directory, "functions", "notes", "contracts.js");
    await mkdir(join(directory, "functions", "notes"), { recursive: true });
    await mkdir(join(directory, "functions", "broken"), { recursive: true });
    await writeFile(
      file,
      'export const taker = { name: "taker", accepts: [{ types: ["a.v1"], parse() {} }], publishes: [] };\nexport const more = 7;',
    );
    await writeFile(join(directory, "functions", "broken", "contracts.js"), 'throw new Error("no luck");');
    const found = await loadContracts(directory);
    expect(found.of("taker")?.accepts[0]?.types).toEqual(["a.v1"]);
    expect(found.of("more")).toBeUndefined();
    expect(found.broken).toEqual([expect.stringMatching(/broken.contracts\.js: no luck/)]);
  });
});

async function parked(changes: Partial<Envelope> = {}): Promise<Envelope> {
  const message = anEnvelope({ type: Paid.type, data: { cents: -1 }, ...changes });
  await world.park(queue, asciiJson(message), { ReasonCode: "DATA_INVALID" });
  return message;
}

function editIt(id: string, data: unknown, options: Partial<EditOptions> = {}) {
  const common = { queues: [queue], known: { contracts }, dryRun: false };
  return edit(world.clients, { ...common, id, data, ...options });
}
