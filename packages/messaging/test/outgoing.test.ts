import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aJournal, aJournalWorld, type JournalWorld } from "@essentially-once/testing/journal-world";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { atMostOnce } from "../src/commit/at-most-once.ts";
import { deliver, type MessageMiddleware } from "../src/commit/delivery.ts";
import { effects } from "../src/commit/effect.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { rows } from "../src/commit/rows.ts";
import { type UnitOfWork, unitOfWork } from "../src/commit/unit-of-work.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope, readEnvelope } from "../src/envelope/envelope.ts";
import { type Draft, messageType } from "../src/envelope/message-type.ts";
import { sendOnce } from "../src/publish/send-once.ts";
import { projection } from "../src/pull/projection.ts";
import { messageChain } from "../src/receive/chain.ts";
import { endpoint } from "../src/receive/endpoint.ts";

const Asked = messageType({ type: "tests.asked.v1", schema: z.strictObject({}), key: () => "all" });
/** Its schema takes nearly all, so that only what JSON loses is refused. */
const Loose = messageType({
  type: "tests.loose.v1",
  schema: z.looseObject({}) as StandardSchemaV1<unknown, Record<string, unknown>>,
  key: () => "all",
});
const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ to: z.string(), cents: z.int(), at: z.coerce.date().optional() }),
  key: ({ to }) => to,
});
/** Answers later, and trims: its key is of what a reader gets. */
const Slow = messageType({
  type: "tests.slow.v1",
  schema: {
    "~standard": {
      version: 1,
      vendor: "tests",
      async validate(data) {
        const to: unknown = Reflect.get(data as object, "to");
        return typeof to === "string"
          ? { value: { to: to.trim() } }
          : { issues: [{ message: "", path: ["to"] }] };
      },
    },
  } satisfies StandardSchemaV1<unknown, { to: string }>,
  key: ({ to }) => to,
});
const asker = contract({ name: "asker", accepts: [Asked], publishes: [Loose, Paid, Slow] });

type Drafts = readonly Draft[];

let world: JournalWorld;

beforeAll(async () => {
  world = await aJournalWorld();
});
afterAll(() => world.stop());

describe("what a handler publishes", () => {
  it.each<[string, () => Drafts, string]>([
    ["NaN", () => [Paid.from({ to: "a", cents: Number.NaN })], "tests.paid.v1: NaN at cents"],
    [
      "a Date where a number is asked",
      () => [Paid.from({ to: "a", cents: new Date() } as never)],
      "invalid at cents",
    ],
    [
      "data that its schema refuses",
      () => [Paid.from({ to: "a", cents: 1.5 })],
      "tests.paid.v1: invalid at cents",
    ],
    ["no data", () => [Paid.from(undefined as never)], "tests.paid.v1: this data has no key"],
    ["undefined in a list", () => [Loose.from({ list: [undefined] })], "undefined in a list at *.0"],
    ["a Map", () => [Loose.from({ map: new Map([["secret", 1]]) })], "a Map at *"],
    ["a bigint", () => [Loose.from({ id: 9007199254740993n })], "a bigint at *"],
    ["half a character", () => [Loose.from({ name: "\udc00" })], "a string with a lone surrogate at *"],
    ["what a slow schema refuses", () => [Slow.from({ to: 1 } as never)], "tests.slow.v1: invalid at"],
    [
      "the second of two",
      () => [Paid.from({ to: "a", cents: 1 }), Paid.from({ to: "a" } as never)],
      "invalid at cents",
    ],
  ])("G1: commits nothing when it is %s, and says the type and the place", async (_what, drafts, detail) => {
    for (const evidence of [rows({ groupCommit: false }), inline({ table: world.stateTable })]) {
      const message = anAsked();
      const ended = await ending(message, [idempotency({ evidence })], drafts);
      expect(ended).toMatchObject({ code: "PUBLISH_INVALID" });
      expect((ended as Park).detail).toContain(detail);
      expect((ended as Park).message).not.toMatch(/9007199254740993|secret/);
      expect(await committed(message)).toBe(false);
    }
    expect(await ending(anAsked(), [atMostOnce()], drafts)).toMatchObject({
      kind: "lost",
      errorCode: "PUBLISH_INVALID",
    });
  });

  it.each<[string, () => Drafts, string, Partial<Envelope>?]>([
    [
      "more values than its readers take",
      () => [Loose.from({ all: Array.from({ length: 15 }, () => new Array(9_000).fill(1)) })],
      "TOO_MANY_VALUES",
    ],
    ["a key of half a character", () => [{ ...Loose.from({}), partitionkey: "a\ud83d" }], "ENVELOPE_INVALID"],
    [
      "a slow key of half a character",
      () => [{ ...Slow.from({ to: "b" }), partitionkey: "a\ud83d" }],
      "ENVELOPE_INVALID",
    ],
    ["one hop more than there can be", () => [Loose.from({})], "ENVELOPE_INVALID", { hops: 2_147_483_647 }],
    ["a cause that is too long", () => [Loose.from({})], "ENVELOPE_INVALID", { id: "x".repeat(513) }],
  ])("G1: commits nothing when no reader would take it: %s", async (_what, drafts, code, more = {}) => {
    for (const evidence of [rows({ groupCommit: false }), inline({ table: world.stateTable })]) {
      const message = { ...anAsked(), ...more };
      expect(await ending(message, [idempotency({ evidence })], drafts)).toMatchObject({ code });
      expect(await committed(message)).toBe(false);
    }
  });

  it("G1: commits what its readers will parse, not what it becomes later", async () => {
    const message = anAsked();
    const data = { to: "a", cents: -0, at: new Date(0) };
    const ended = await ending(message, [idempotency({ evidence: rows() })], (unit) => {
      unit.publish(Paid.from(data));
      data.cents = 700;
      return [];
    });
    expect(ended).toMatchObject({ kind: "done" });
    const [sent] = await outboxOf(message);
    expect(sent?.data).toEqual({ at: "1970-01-01T00:00:00.000Z", cents: 0, to: "a" });
    expect(await Paid.parse(sent?.data)).toEqual({ to: "a", cents: 0, at: new Date(0) });
  });

  it("G2: has its keys in order, so that consumers take one digest", async () => {
    const message = anAsked();
    await ending(message, [idempotency({ evidence: rows() })], () => [
      Loose.from({ b: { d: 1, c: 2 }, a: 3 }),
    ]);
    expect(JSON.stringify((await outboxOf(message))[0]?.data)).toBe('{"a":3,"b":{"c":2,"d":1}}');
  });

  it("G4: has the key of what its readers get; one that was given in its place stays", async () => {
    const message = anAsked();
    const given = { ...Slow.from({ to: "c" }), partitionkey: "mine" };
    await ending(message, [idempotency({ evidence: rows() })], () => [Slow.from({ to: " b " }), given]);
    expect((await outboxOf(message)).map(({ partitionkey }) => partitionkey).sort()).toEqual(["b", "mine"]);
  });

  it("G10: stops a projection before its offset moves", async () => {
    const log = aJournal();
    const envelope = anAsked();
    await log.append([{ envelope, body: asciiJson(envelope) }], { deadlineMs: Date.now() + 5_000 });
    const projected = projection(contract({ name: "projected", accepts: [Asked], publishes: [Slow] }), {
      journal: log,
      table: world.stateTable,
    }).handler(async (_message, unit) => unit.publish(Slow.from({ to: 1 } as never)));
    await expect(projected({}, aContext())).rejects.toThrow("stopped");
    const offsets = (await world.items(world.stateTable)).filter(({ id }) =>
      String(id).includes("projected"),
    );
    expect(offsets.filter(({ offset }) => Number(offset) > 0)).toEqual([]);
  });

  it("G9: sent once is held against it too, and a failure throws nothing", async () => {
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stdout, "write")
      .mockImplementation((text) => lines.push(String(text)) > 0);
    await sendOnce("http://127.0.0.1:1/0/q", Loose.from({ id: 1n }), { producer: "tests" });
    await sendOnce("http://127.0.0.1:1/0/q", Slow.from({ to: 1 } as never), { producer: "tests" });
    const unread = { ...Loose.from({}), partitionkey: "x".repeat(513) };
    await sendOnce("http://127.0.0.1:1/0/q", unread, { producer: "tests" });
    write.mockRestore();
    const lost = lines.map((line) => JSON.parse(line)).filter(({ code }) => code === "LOST");
    expect(lost.map(({ errorCode }) => errorCode)).toEqual([
      "PUBLISH_INVALID",
      "PUBLISH_INVALID",
      "ENVELOPE_INVALID",
    ]);
  });

  it("G1: a schema that answers later is waited for by whoever commits", async () => {
    const unit = unitOfWork({ contract: asker, cause: anAsked() });
    expect(unit.checked()).toBeUndefined();
    unit.publish(...([Slow.from({ to: 1 } as never)] as Drafts));
    await expect(unit.checked()).rejects.toMatchObject({ code: "PUBLISH_INVALID" });
  });
});

describe("what an effect returns", () => {
  it.each<[string, unknown, string]>([
    ["a bigint", { id: 1n }, "a bigint at id"],
    ["NaN", { cents: Number.NaN }, "NaN at cents"],
    ["a Map", new Map(), "a Map at the top level"],
  ])("G8: is refused by name when JSON does not hold it: %s", async (_what, result, detail) => {
    const ended = await withEffect(async () => result as never);
    expect(ended).toMatchObject({ code: "EFFECT_RESULT_INVALID" });
    expect((ended as Park).detail).toContain(detail);
  });

  it("G8: is the same on the first delivery as on every later one, and null when it is nothing", async () => {
    const key = newId();
    const [first, later]: unknown[] = [[], []];
    for (const results of [first, later] as unknown[][]) {
      await withEffect(async () => ({ at: new Date(0) }), { key, tell: (result) => results.push(result) });
      await withEffect(async () => undefined as never, {
        key: `${key}-2`,
        tell: (result) => results.push(result),
      });
    }
    expect(first).toEqual([{ at: "1970-01-01T00:00:00.000Z" }, null]);
    expect(later).toEqual(first);
  });
});

describe("what an endpoint answers", () => {
  it.each<[string, object, string]>([
    ["a bigint", { id: 1n }, "RECEIPT_INVALID"],
    ["NaN", { cents: Number.NaN }, "RECEIPT_INVALID"],
    ["more than an item holds", { text: "x".repeat(400_000) }, "RECEIPT_TOO_LARGE"],
  ])("G2: is refused before the commit: %s", async (_what, receipt, code) => {
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stdout, "write")
      .mockImplementation((text) => lines.push(String(text)) > 0);
    const ask = endpoint(contract({ name: "ask", accepts: [Asked], publishes: [Paid] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async (_message, unit) => {
        unit.publish(Paid.from({ to: "a", cents: 1 }));
        return receipt;
      });
    const key = newId();
    const answer = await ask(aPost({}, { "idempotency-key": key }), aContext());
    write.mockRestore();
    expect(answer).toMatchObject({ statusCode: 500 });
    expect(answer.body).not.toContain(code); // what went wrong inside stays inside
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ reasonCode: code }),
    );
    expect((await world.items("evidence")).filter(({ consumer }) => consumer === "ask")).toEqual([]);
  });
});

function anAsked(): Envelope {
  return anEnvelope({ type: Asked.type, partitionkey: newId() });
}

async function ending(
  message: Envelope,
  middlewares: readonly MessageMiddleware[],
  drafts: (unit: UnitOfWork) => Drafts,
): Promise<unknown> {
  const chain = messageChain({
    contract: asker,
    middlewares,
    work: async (_message, unit) => unit.publish(...(drafts(unit as UnitOfWork) as never)),
  });
  const sqsMessage = { body: asciiJson(message), attributes: {}, queueName: "tested", receiveCount: 1 };
  const delivery = { contract: asker, message, sqsMessage, deadlineMs: Date.now() + 20_000 };
  return deliver(chain, delivery, aContext()).catch((error: unknown) => {
    if (error instanceof Park) return error;
    throw error;
  });
}

async function withEffect(
  perform: () => Promise<object>,
  { key = newId(), tell = (_result: unknown): void => undefined } = {},
): Promise<unknown> {
  const message = anAsked();
  const chain = messageChain({
    contract: asker,
    middlewares: [effects() as MessageMiddleware],
    work: async (_message, _unit, context) => {
      const { effect } = context as unknown as { effect: (key: string, work: object) => Promise<unknown> };
      tell(await effect(key, { perform }));
    },
  });
  const delivery = { contract: asker, message, deadlineMs: Date.now() + 20_000 };
  return deliver(chain, delivery, aContext()).catch((error: unknown) => error);
}

async function outboxOf(message: Envelope): Promise<Envelope[]> {
  const bodies = (await world.items(world.outboxTable)).flatMap(({ messages }) => messages as string[]);
  return bodies.map((body) => readEnvelope(body)).filter(({ causationid }) => causationid === message.id);
}

async function committed(message: Envelope): Promise<boolean> {
  const items = [...(await world.items("evidence")), ...(await world.items(world.stateTable))];
  return items.some(({ messageId, id }) => messageId === message.id || id === message.partitionkey);
}
