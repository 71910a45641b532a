import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { Write } from "../src/commit/unit-of-work.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { setClock } from "../src/core/clock.ts";
import { derivedId } from "../src/core/ids.ts";
import { type MessageType, messageType } from "../src/envelope/message-type.ts";
import { itemId, putWrite, type StoredItem } from "../src/schedule/scheduled-item.ts";
import { scheduling } from "../src/schedule/scheduling.ts";

const schema = z.strictObject({ n: z.int() });
const Due = messageType({ type: "tests.due.v1", schema, key: () => "all" });
const Told = messageType({ type: "tests.told.v1", schema, key: () => "all" });
const nowMs = 1_700_000_000_000;
const cause = anEnvelope({ hops: 3 });

afterEach(() => {
  setClock(Date.now)();
});

type Schedules = { readonly schedules?: readonly MessageType[] };

/** `waiting`: the keys under which a message waits already. */
function aUnit({
  waiting = [] as readonly string[],
  readsFirst = false,
  schedules = { schedules: [Due] } as Schedules,
} = {}) {
  setClock(() => nowMs);
  const stored = new Map(
    waiting.map((key): [string, StoredItem] => {
      const message = anEnvelope({ id: `earlier ${key}`, source: "/remind" });
      const { Put } = putWrite("t", { id: itemId("remind", key), key, message, dueMs: nowMs + 5_000 });
      return [itemId("remind", key), Put?.Item ?? {}];
    }),
  );
  const reads: string[] = [];
  const read = async (id: string) => {
    reads.push(id);
    return stored.get(id);
  };
  const unit = unitOfWork({ contract: { name: "remind", publishes: [Due, Told], ...schedules }, cause });
  return { ...scheduling({ unit, table: "t", read, readsFirst }), reads, stored };
}

const draft = Due.from({ n: 1 });
const shape = ({ Put, Update, Delete }: Write) => [
  Put ? "Put" : Update ? "Update" : Delete ? "Delete" : "?",
  (Put ?? Update ?? Delete)?.ConditionExpression,
];
const unmoved = "messageId = :messageId AND due = :due";
const free = "attribute_not_exists(id) OR messageId = :messageId";
const absent = "attribute_not_exists(id)";

describe("a scheduled message", () => {
  it("G11: is named after its cause and key, and begins a new chain of hops when it waits for a minute", async () => {
    const unit = aUnit();
    for (const [key, ms] of [
      ["soon", 59_999],
      ["later", 60_000],
    ] as const)
      unit.schedule(draft, { key, at: new Date(nowMs + ms) });
    const messages = (await unit.writes()).map(({ Put }) => JSON.parse(Put?.Item?.message?.S ?? ""));
    const id = (key: string) => derivedId(cause.source, cause.id, "remind", "schedule", key);
    expect(messages).toMatchObject([
      { id: id("soon"), hops: 4, source: "/remind", causationid: cause.id, data: { n: 1 } },
      { id: id("later"), hops: 0, source: "/remind", causationid: cause.id },
    ]);
    expect([...unit.due()]).toEqual([
      [itemId("remind", "soon"), nowMs + 59_999],
      [itemId("remind", "later"), nowMs + 60_000],
    ]);
    expect(unit.reads).toEqual([]);
  });

  it.each([[""], ["k".repeat(513)], [5 as never], [["k"] as never], ["k\ud800"], ["\udc00k"]])(
    "G11: has a key of 1 to 512 characters, none of them half of a surrogate pair",
    async (key) => {
      const unit = aUnit();
      const invalid = expect.objectContaining({
        code: "SCHEDULE_INVALID",
        detail: "the key must be well-formed Unicode of 1 to 512 characters",
      });
      expect(() => unit.schedule(draft, { key, after: { seconds: 1 } })).toThrow(invalid);
      await expect(unit.cancel(key)).rejects.toEqual(invalid);
      unit.schedule(draft, { key: "k".repeat(512), after: { seconds: 1 } });
      unit.schedule(draft, { key: "\u{1f600}", after: { seconds: 1 } });
    },
  );

  it("G11: has the hops of the time that it is moved to last", async () => {
    const hopsAfter = async (...seconds: readonly number[]) => {
      const unit = aUnit();
      const [first = 0, ...others] = seconds;
      unit.schedule(draft, { key: "k", after: { seconds: first } });
      for (const after of others) await unit.reschedule("k", { after: { seconds: after } });
      const [{ Put } = {}] = await unit.writes();
      return JSON.parse(Put?.Item?.message?.S ?? "").hops;
    };
    expect(await hopsAfter(120, 0)).toBe(4);
    expect(await hopsAfter(1, 120)).toBe(0);
    expect(await hopsAfter(120, 0, 60)).toBe(0);
  });

  it("is of a type that the contract schedules", () => {
    const refused = { code: "TYPE_NOT_SCHEDULED" };
    const time = { key: "k", after: { seconds: 1 } };
    expect(() => aUnit().schedule(Told.from({ n: 1 }), time)).toThrow(
      expect.objectContaining({
        ...refused,
        detail: "the contract of remind does not list tests.told.v1 under schedules",
      }),
    );
    for (const schedules of [{}, { schedules: [] }])
      expect(() => aUnit({ schedules }).schedule(draft, time)).toThrow(expect.objectContaining(refused));
  });

  it("G12: is the only one of its key until it is canceled", async () => {
    const unit = aUnit();
    const again = () => unit.schedule(draft, { key: "key", after: { seconds: 1 } });
    again();
    expect(again).toThrow(
      expect.objectContaining({
        code: "SCHEDULE_EXISTS",
        detail: expect.stringContaining("the key of 3 characters"),
      }),
    );
    expect([await unit.cancel("key"), await unit.cancel("key")]).toEqual([true, false]);
    expect([...unit.due()]).toEqual([]);
    again();
    expect((await unit.writes()).map(shape)).toEqual([["Put", free]]);
    expect(again).toThrow(/unit\.schedule/);
  });

  it("moves with its unit: a message of the same unit is put for its new time", async () => {
    const unit = aUnit();
    unit.schedule(draft, { key: "k", after: { seconds: 1 } });
    expect(await unit.reschedule("k", { after: { seconds: 2 } })).toBe(true);
    const [{ Put } = {}, ...more] = await unit.writes();
    expect([Put?.Item?.due?.S, more]).toEqual([new Date(nowMs + 2_000).toISOString(), []]);
    expect([...unit.due().values()]).toEqual([nowMs + 2_000]);
  });
});

it("is the last one of its key, also when the schema takes longer for one that was canceled", async () => {
  const gate = Promise.withResolvers<void>();
  const slow = schema.refine(async ({ n }) => n > 1 || gate.promise.then(() => true));
  const Slow = messageType({ type: Due.type, schema: slow, key: () => "all" });
  const unit = aUnit({ schedules: { schedules: [Slow] } });
  unit.schedule(Slow.from({ n: 1 }), { key: "k", after: { seconds: 1 } });
  await unit.cancel("k");
  unit.schedule(Slow.from({ n: 2 }), { key: "k", after: { seconds: 1 } });
  const writes = unit.writes();
  setImmediate(gate.resolve);
  const [{ Put } = {}] = await writes;
  expect(JSON.parse(Put?.Item?.message?.S ?? "")).toMatchObject({ data: { n: 2 } });
});

it("is put as a schema that takes its time has taken it, and refused when that refuses it", async () => {
  const tenfold = z.int().transform(async (n) => 10 * n);
  const slow = z.strictObject({ n: tenfold.refine((n) => n > 0) });
  const Slow = messageType({ type: "tests.slow.v1", schema: slow, key: ({ n }) => `key ${n}` });
  const schedule = (...numbers: readonly number[]) => {
    const unit = aUnit({ schedules: { schedules: [Slow] } });
    for (const n of numbers) unit.schedule(Slow.from({ n }), { key: String(n), after: { seconds: 1 } });
    return unit.writes();
  };
  const messages = (await schedule(1, 2)).map(({ Put }) => JSON.parse(Put?.Item?.message?.S ?? ""));
  expect(messages).toMatchObject([
    { partitionkey: "key 10", data: { n: 1 } },
    { partitionkey: "key 20", data: { n: 2 } },
  ]);
  await expect(schedule(1, 0)).rejects.toMatchObject({ code: "PUBLISH_INVALID" });
});

describe("a message that waits already", () => {
  it("G12: is canceled once, and cannot be moved after that", async () => {
    const unit = aUnit({ waiting: ["k"] });
    expect([await unit.cancel("k"), await unit.cancel("k")]).toEqual([true, false]);
    expect(await unit.reschedule("k", { after: { seconds: 1 } })).toBe(false);
    expect(unit.reads).toEqual([itemId("remind", "k")]);
    expect((await unit.writes()).map(shape)).toEqual([["Delete", unmoved]]);
    expect([...unit.due()]).toEqual([]);
  });

  it("G12: is moved as it was read, also to be canceled after all", async () => {
    const unit = aUnit({ waiting: ["k"] });
    expect(await unit.reschedule("k", { after: { seconds: 7 } })).toBe(true);
    expect([...unit.due().values()]).toEqual([nowMs + 7_000]);
    const [write = {}] = await unit.writes();
    expect(shape(write)).toEqual(["Update", unmoved]);
    expect(write.Update?.ExpressionAttributeValues?.[":to"]).toEqual({
      S: new Date(nowMs + 7_000).toISOString(),
    });
    const other = aUnit({ waiting: ["k"] });
    await other.reschedule("k", { after: { seconds: 7 } });
    expect(await other.cancel("k")).toBe(true);
    expect((await other.writes()).map(shape)).toEqual([["Delete", unmoved]]);
  });

  it("G12: gives its place to another message of the unit that has canceled it", async () => {
    const unit = aUnit({ waiting: ["k"] });
    await unit.cancel("k");
    unit.schedule(draft, { key: "k", after: { seconds: 1 } });
    expect((await unit.writes()).map(shape)).toEqual([["Put", unmoved]]);
    const known = aUnit({ waiting: ["k"] });
    await known.reschedule("k", { after: { seconds: 1 } });
    expect(() => known.schedule(draft, { key: "k", after: { seconds: 1 } })).toThrow(/SCHEDULE_EXISTS/);
  });

  it("is not there when nothing is: only asked for, it changes nothing", async () => {
    const unit = aUnit();
    expect([await unit.cancel("k"), await unit.reschedule("k", { after: { seconds: 1 } })]).toEqual([
      false,
      false,
    ]);
    expect((await unit.writes()).map(shape)).toEqual([["Delete", absent]]); // on the condition that it is so
    expect(unit.reads).toHaveLength(1);
    const kept = aUnit({ waiting: ["k"] });
    const invalid = kept.reschedule("k", { after: {} });
    await expect(invalid).rejects.toMatchObject({ code: "SCHEDULE_INVALID" });
    expect(await kept.writes()).toEqual([]);
  });

  it("G12: is canceled behind a message of the unit that is canceled", async () => {
    const unit = aUnit({ waiting: ["k"] });
    unit.schedule(draft, { key: "k", after: { seconds: 1 } });
    expect([await unit.cancel("k"), await unit.cancel("k")]).toEqual([true, false]);
    expect((await unit.writes()).map(shape)).toEqual([["Delete", unmoved]]);
    const alone = aUnit();
    alone.schedule(draft, { key: "k", after: { seconds: 1 } });
    expect(await alone.cancel("k")).toBe(true);
    expect((await alone.writes()).map(shape)).toEqual([["Delete", absent]]);
  });

  it("G12: is canceled and moved by calls that nobody awaits in between as by calls one after the other", async () => {
    const soon = { after: { seconds: 1 } };
    const atOnce = async (calls: (unit: ReturnType<typeof aUnit>) => Promise<boolean>[]) => {
      const unit = aUnit({ waiting: ["k"] });
      const answers = await Promise.all(calls(unit));
      return [answers, (await unit.writes()).map(shape)];
    };
    const gone = ["Delete", unmoved];
    expect(await atOnce((unit) => [unit.cancel("k"), unit.reschedule("k", soon)])).toEqual([
      [true, false],
      [gone],
    ]);
    expect(await atOnce((unit) => [unit.cancel("k"), unit.cancel("k")])).toEqual([[true, false], [gone]]);
    const moves = await atOnce((unit) => [unit.reschedule("k", soon), unit.cancel("k"), unit.cancel("k")]);
    expect(moves).toEqual([[true, true, false], [gone]]);
    const others = await atOnce((unit) => [unit.cancel("k"), unit.cancel("free"), unit.cancel("k")]);
    expect(others).toEqual([
      [true, false, false],
      [gone, ["Delete", absent]],
    ]);
  });

  it("G12: is replaced by a message that is scheduled while it is being canceled", async () => {
    for (const waiting of [["k"], []]) {
      const unit = aUnit({ waiting });
      const canceled = unit.cancel("k");
      unit.schedule(draft, { key: "k", after: { seconds: 1 } });
      const moved = unit.reschedule("k", { after: { seconds: 2 } });
      expect([await canceled, await moved]).toEqual([waiting.length === 1, true]);
      expect([...unit.due().values()]).toEqual([nowMs + 2_000]);
      expect((await unit.writes()).map(shape)).toEqual([["Put", waiting.length === 1 ? unmoved : free]]);
    }
  });

  it("G12: refuses the commit of a message that is scheduled while it is being moved, or being looked for in vain", async () => {
    const unit = aUnit({ waiting: ["k"] });
    const moved = unit.reschedule("k", { after: { seconds: 2 } });
    unit.schedule(draft, { key: "k", after: { seconds: 1 } });
    await expect(unit.writes()).rejects.toMatchObject({ code: "SCHEDULE_EXISTS" });
    expect(await moved).toBe(true);
    await expect(unit.cancel("k")).rejects.toThrow(/unit\.cancel/); // no commit follows

    const failing = aUnit();
    failing.stored.set(itemId("remind", "k"), {});
    const canceled = failing.cancel("k");
    failing.schedule(draft, { key: "k", after: { seconds: 1 } });
    await expect(canceled).rejects.toThrow("must have the form");
    expect((await failing.writes()).map(shape)).toEqual([["Put", free]]);
  });

  it("G12: waits for a schema that takes its time, also for a message that waits for its turn", async () => {
    const slow = schema.transform(async ({ n }) => ({ n: 10 * n }));
    const Slow = messageType({ type: Due.type, schema: slow, key: ({ n }) => `key ${n}` });
    const unit = aUnit({ schedules: { schedules: [Slow] }, waiting: ["k"] });
    const canceled = unit.cancel("k");
    unit.schedule(Slow.from({ n: 1 }), { key: "k", after: { seconds: 1 } });
    const [{ Put } = {}] = await unit.writes();
    expect(JSON.parse(Put?.Item?.message?.S ?? "")).toMatchObject({ partitionkey: "key 10" });
    expect(await canceled).toBe(true);
  });

  it("G11: goes on with the hops of whoever moves it to less than a minute from now", async () => {
    const hopsOf = async (seconds: number) => {
      const unit = aUnit({ waiting: ["k"] });
      await unit.reschedule("k", { after: { seconds } });
      const [{ Update } = {}] = await unit.writes();
      const text = Update?.ExpressionAttributeValues?.[":message"]?.S;
      expect(Update?.UpdateExpression).toBe(
        `SET due = :to, slot = :slot${text ? ", message = :message" : ""}`,
      );
      return text && JSON.parse(text);
    };
    const { hops: before, ...message } = anEnvelope({ id: "earlier k", source: "/remind" });
    expect(before).toBeLessThan(4);
    expect(await hopsOf(59)).toMatchObject({ id: message.id, source: message.source, hops: 4 });
    expect(await hopsOf(60)).toBeUndefined();
  });

  it("G12: is looked at before the commit by a run that follows a lost race", async () => {
    const schedule = async (waiting: readonly string[]) => {
      const unit = aUnit({ waiting, readsFirst: true });
      unit.schedule(draft, { key: "k", after: { seconds: 1 } });
      return { unit, writes: unit.writes() };
    };
    const { writes } = await schedule(["k"]);
    await expect(writes).rejects.toMatchObject({
      code: "SCHEDULE_EXISTS",
      detail: expect.stringContaining("1 characters"),
    });
    const { unit, writes: free } = await schedule(["another"]);
    expect(await free).toHaveLength(1);
    expect(unit.reads).toEqual([itemId("remind", "k")]);

    const nothing = aUnit({ readsFirst: true });
    expect(await nothing.cancel("k")).toBe(false);
    expect((await nothing.writes()).map(shape)).toEqual([["Delete", absent]]);
    expect(nothing.reads).toHaveLength(1);

    const own = aUnit({ readsFirst: true });
    own.schedule(draft, { key: "k", after: { seconds: 1 } });
    const messageId = { S: derivedId(cause.source, cause.id, "remind", "schedule", "k") };
    own.stored.set(itemId("remind", "k"), { messageId });
    expect(await own.writes()).toHaveLength(1); // its own commit, whose response was lost

    const replaced = aUnit({ waiting: ["k"], readsFirst: true });
    await replaced.cancel("k");
    replaced.schedule(draft, { key: "k", after: { seconds: 1 } });
    expect((await replaced.writes()).map(shape)).toEqual([["Put", unmoved]]);

    const moved = aUnit({ waiting: ["k"], readsFirst: true });
    await moved.reschedule("k", { after: { seconds: 1 } });
    await moved.writes();
    expect(moved.reads).toHaveLength(1); // the condition of the move says the rest
  });
});
