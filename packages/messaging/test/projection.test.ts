import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { type FaultMoment, type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import {
  aJournal,
  aJournalMessage,
  aJournalWorld,
  inSeconds,
  type JournalWorld,
} from "@essentially-once/testing/journal-world";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import type { Versioned } from "../src/commit/versioned-table.ts";
import { setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { type MessageType, messageType } from "../src/envelope/message-type.ts";
import { servingState } from "../src/pull/generation.ts";
import { type Journal, journal } from "../src/pull/journal.ts";
import { type ProjectionOptions, projection } from "../src/pull/projection.ts";

interface Sum extends Versioned {
  readonly sum: number;
}

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ amount: z.int() }),
  key: () => "all",
});

let world: JournalWorld;
let log: Journal;
let name: string;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aJournalWorld();
});
beforeEach(() => {
  log = aJournal();
  name = `sum-${newId()}`;
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a projection whose offset commits with its state", () => {
  it("G10: lets every record of the journal take effect once, in any number of runs", async () => {
    await append(1, 2, 3);
    const lines = await linesOf(async () => {
      expect(await sums()({}, aContext())).toEqual({ serving: 1, records: 3 });
      expect(await sums()({}, aContext())).toEqual({ serving: 1, records: 0 });
    });
    expect(lines).toMatchObject([
      { level: "INFO", code: "PULLED", projection: `${name}@1`, partition: 0, records: 3, offset: 3 },
      { code: "METRICS", service: name, Processed: 3 },
    ]);
    await append(4);
    expect(await sums()({}, aContext())).toEqual({ serving: 1, records: 1 });
    expect(await sum()).toBe(10);
    expect(await offset()).toBe(4);
  });

  it("G6: pulls nothing of a journal that has more partitions than it knows, and says so", async () => {
    const { name: journalName } = log;
    await journal({ name: journalName, partitions: 4 }).append(
      Array.from({ length: 12 }, (_, n) => aJournalMessage({ partitionkey: `key-${n}` })),
      inSeconds(10),
    );
    await expect(sums()({}, aContext())).rejects.toThrow("4 partitions, but 1 partitions are configured");
    expect(await offset()).toBe(0);
  });

  it("G10: passes by records of other types, with one move of the offset for a run of them", async () => {
    await append(1);
    await log.append(
      Array.from({ length: 30 }, () => aJournalMessage({ type: "tests.other.v1" })),
      inSeconds(10),
    );
    await append(2);
    await log.append([aJournalMessage({ type: "tests.other.v1" })], inSeconds(10));
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [],
    });
    await sums()({}, aContext());
    expect(faults.attempts).toHaveLength(3);
    expect(await sum()).toBe(3);
    expect(await offset()).toBe(33);
  });

  it("G10: lets records of older versions take effect, which is what a journal is full of after a release", async () => {
    await append(1);
    await log.append([aJournalMessage({ type: "tests.added.v2", data: { cents: 5 } })], inSeconds(10));
    const AddedCents = messageType({
      type: "tests.added.v2",
      schema: z.strictObject({ cents: z.int() }),
      key: () => "all",
      upcasts: {
        v1: { schema: z.strictObject({ amount: z.int() }), lift: ({ amount }) => ({ cents: amount * 100 }) },
      },
    });
    const handler = projection(named(AddedCents), options()).handler(async ({ data }, unit, state) => {
      const all = state<Sum>("sum");
      const before = (await all.get("all")) ?? { id: "all", version: 0, sum: 0 };
      unit.write(all.save({ ...before, sum: before.sum + data.cents }));
    });
    expect(await handler({}, aContext())).toMatchObject({ records: 2 });
    expect(await sum()).toBe(105);
  });

  it("G10, G2: doubles nothing when two workers pull at once", async () => {
    await append(...Array.from({ length: 40 }, () => 1));
    const runs = await Promise.all([sums()({}, aContext()), sums()({}, aContext())]);
    await sums()({}, aContext());
    expect(await sum()).toBe(40);
    expect(await offset()).toBe(40);
    expect(runs[0].records + runs[1].records).toBeLessThanOrEqual(40);
  });

  it("G10, G2: applies every record once under every single fault of every AWS call", async () => {
    await append(1, 10, 100);
    const { schedules, fired } = await underEveryFault(async () => {
      expect(await sum()).toBe(111);
      expect(await offset()).toBe(3);
    }, sums);
    expect(fired).toBe(schedules);
    expect(schedules).toBeGreaterThan(30);
  });

  it("G1: sends what a record causes through the outbox, in the offset's transaction", async () => {
    await append(5);
    const handler = projection(named(Added), options()).handler(async (_message, unit) => {
      unit.publish(Added.from({ amount: 50 }));
    });
    await handler({}, aContext());
    const rows = (await world.items(world.outboxTable)).flatMap(({ messages }) => messages as string[]);
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([{ source: `/${name}`, data: { amount: 50 } }]);
  });

  it("G10: a failure holds the partition at the record, and the next run goes on there", async () => {
    await append(1, 2, 3);
    let failing = true;
    const handler = sums({}, async ({ amount }) => {
      if (amount === 2 && failing) throw new RetryLater("LATER");
    });
    const lines = await linesOf(async () => expect((await handler({}, aContext())).records).toBe(1));
    expect(lines).toMatchObject([
      {
        level: "WARN",
        code: "PULL_HELD",
        projection: `${name}@1`,
        partition: 0,
        records: 1,
        offset: 1,
        sequence: 2,
        errorCode: "LATER",
      },
      { code: "METRICS", Processed: 1, Retried: 1 },
    ]);
    expect(await offset()).toBe(1);
    failing = false;
    expect((await handler({}, aContext())).records).toBe(2);
    expect(await sum()).toBe(6);
  });
});

describe("a poisoned record", () => {
  it("G4, G10: holds its own partition and no other, and fails every run until the code can take it", async () => {
    log = aJournal({ partitions: 2 });
    const [a = "", b = ""] = await keysOfDifferentPartitions();
    const poison = aJournalMessage({ type: Added.type, partitionkey: a, data: { amount: "much" } });
    await log.append([poison, added(1, a), added(10, b), added(20, b)], inSeconds(10));
    await expect(sums()({}, aContext())).rejects.toThrow(
      /stopped in partitions \d; the log says where and why/,
    );
    await expect(sums()({}, aContext())).rejects.toThrow();
    expect(await sum()).toBe(30);
  });

  it("G6: is named with its reason, and all partitions that stopped", async () => {
    log = aJournal({ partitions: 2 });
    const [a = "", b = ""] = await keysOfDifferentPartitions();
    const poison = aJournalMessage({ type: Added.type, partitionkey: a, data: { amount: "much" } });
    await log.append([poison, added(1, b)], inSeconds(10));
    const handler = sums({}, async () => Reflect.apply(undefined as never, undefined, []));
    const lines = await linesOf(() =>
      expect(handler({}, aContext())).rejects.toThrow(/stopped in partitions (0, 1|1, 0); the log says/),
    );
    const stopped = { level: "ERROR", code: "PULL_STOPPED", projection: `${name}@1`, records: 0, offset: 0 };
    const said = lines.filter(({ code }) => code === "PULL_STOPPED");
    expect(said).toHaveLength(2);
    expect(said).toContainEqual(
      expect.objectContaining({
        ...stopped,
        sequence: 1,
        reasonCode: "DATA_INVALID",
        reasonDetail: "tests.added.v1: invalid at amount",
      }),
    );
    expect(said).toContainEqual(
      expect.objectContaining({
        ...stopped,
        sequence: 1,
        errorCode: "TypeError",
        at: expect.stringMatching(/^test\/projection\.test\.ts:\d+/),
      }),
    );
  });

  it("G6: is kept with its reason where the projection asks for that, and its successors go on", async () => {
    const poison = aJournalMessage({ type: Added.type, data: { amount: "much" } });
    await log.append([added(1), poison, added(2)], inSeconds(10));
    const lines = await linesOf(async () =>
      expect((await sums({ onPoison: "park" })({}, aContext())).records).toBe(2),
    );
    expect(await sum()).toBe(3);
    const reason = { reasonCode: "DATA_INVALID", reasonDetail: "tests.added.v1: invalid at amount" };
    expect(lines).toMatchObject([
      { level: "WARN", code: "PULL_PARKED", projection: `${name}@1`, partition: 0, sequence: 2, ...reason },
      { code: "PULLED", records: 2, offset: 3 },
      { code: "METRICS", Processed: 2, Parked: 1 },
    ]);
    expect(await itemOf(`${name}@1#parked#0#2`)).toMatchObject({
      ...reason,
      parkedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      body: poison.body,
    });
    expect(await offset()).toBe(3);
  });
});

describe("a run", () => {
  it("G11: starts no record that it could not finish before the deadline", async () => {
    await append(...Array.from({ length: 50 }, () => 1));
    const startedMs = Date.now();
    let nowMs = startedMs;
    onTestFinished(setClock(() => nowMs));
    const handler = sums({}, async () => {
      nowMs += 100;
    });
    const context = { ...aContext(), getRemainingTimeInMillis: () => startedMs + 1_600 - nowMs };
    const { records } = await handler({}, context);
    expect(nowMs - startedMs).toBeLessThan(1_600);
    expect(records).toBeGreaterThan(0);
    expect(records).toBeLessThan(50);
    expect(await sum()).toBe(records);
    expect(await offset()).toBe(records);
  });

  it("G11: names the partition that did not come back in time", async () => {
    await append(1);
    const { promise: never } = Promise.withResolvers();
    const handler = sums({}, () => never);
    const lines = await linesOf(() =>
      expect(handler({}, aContext({ remainingMs: 1_550 }))).rejects.toThrow("stopped in partitions 0;"),
    );
    const [unfinished] = lines.filter(({ code }) => code === "UNFINISHED");
    expect(unfinished).toMatchObject({ level: "ERROR", projection: `${name}@1`, partition: 0 });
    expect(unfinished?.ranMs).toBeGreaterThan(400);
  });

  it("G10: leaves a partition to another worker, which was faster", async () => {
    await append(1, 2);
    let isFirst = true;
    const handler = sums({}, async () => {
      if (!isFirst) return;
      isFirst = false;
      await sums()({}, aContext());
    });
    const lines = await linesOf(async () => {
      expect(await handler({}, aContext())).toMatchObject({ records: 0 });
    });
    expect(lines.filter(({ code }) => code === "PULL_OVERTAKEN")).toMatchObject([
      { level: "INFO", projection: `${name}@1`, partition: 0, records: 0, offset: 0, sequence: 1 },
    ]);
    expect(await sum()).toBe(3);
  });

  it("refuses to begin with a contract that its function was not deployed with", () => {
    vi.stubEnv("CONTRACT", "another");
    expect(() => sums()).toThrow("CONTRACT_MISMATCH");
    vi.unstubAllEnvs();
  });

  it("G11: reads at most its pages, and the next run reads on", async () => {
    await append(...Array.from({ length: 25 }, () => 1));
    const small = () => sums({ pageSize: 5, pagesMax: 2 });
    expect((await small()({}, aContext())).records).toBe(10);
    expect((await small()({}, aContext())).records).toBe(10);
    expect((await small()({}, aContext())).records).toBe(5);
  });

  it("names an option that is out of range", () => {
    expect(() => sums({ pageSize: 0 })).toThrow("pageSize must be a whole number from 1 to 1000, got 0");
    expect(() => sums({ pagesMax: 1_001 })).toThrow(
      "pagesMax must be a whole number from 1 to 1000, got 1001",
    );
  });
});

describe("a rebuild", () => {
  it("G10: begins at 0 beside the generation that serves, and serves when it is even with the journal", async () => {
    await append(1, 2, 3, 4);
    await sums()({}, aContext());
    expect(await sums()({ rebuild: true }, aContext())).toEqual({ serving: 1, building: 2, records: 0 });
    const corrected = (changes = {}) => sums(changes, undefined, 1_000);
    await append(5);
    expect(await corrected({ pageSize: 2, pagesMax: 1 })({}, aContext())).toMatchObject({
      serving: 1,
      building: 2,
    });
    expect(await sum()).toBe(1_015); // the old generation went on, with the record that came since
    await corrected()({}, aContext());
    expect(await corrected()({}, aContext())).toMatchObject({ serving: 2 });
    expect(await sum()).toBe(5_015);
    expect(await offset(2)).toBe(5);
  });

  it("G10: ends with what the running projection has", async () => {
    await append(1, 2, 3);
    await sums()({}, aContext());
    const before = await sum();
    for (const event of [null, undefined, "rebuild", { rebuild: "yes" }]) {
      expect(await sums()(event, aContext())).toEqual({ serving: 1, records: 0 });
    }
    await sums()({ rebuild: true }, aContext());
    expect(await sums()({}, aContext())).toEqual({ serving: 2, records: 3 });
    expect(await sum()).toBe(before);
  });

  it("is one, however often it is asked for while it goes on", async () => {
    await append(1);
    const asked = await Promise.all([1, 2, 3].map(() => sums()({ rebuild: true }, aContext())));
    expect(asked.map(({ building }) => building)).toEqual([2, 2, 2]);
  });

  it.each(["stop", "park"] as const)(
    "G2: stops rather than send again what was sent long ago, or serve without what that record did (%s)",
    async (onPoison) => {
      await append(1);
      const handler = projection(named(Added), { ...options(), onPoison }).handler(async (_message, unit) => {
        unit.publish(Added.from({ amount: 1 }));
      });
      await handler({}, aContext());
      await handler({ rebuild: true }, aContext());
      await expect(handler({}, aContext())).rejects.toThrow("@2 stopped");
      expect(await handlerServes()).toBe(1);
    },
  );
});

describe("a projection whose offset is saved after its effect", () => {
  it("G10: repeats only the record between whose effect and offset it died", async () => {
    await append(1, 2, 3);
    const seen: number[] = [];
    const handler = projection(named(Added), { ...options(), offset: "after-effect" }).handler(
      async (message) => void seen.push(message.data.amount),
    );
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "before",
      attempts: [2, 3, 4],
    });
    await expect(handler({}, aContext())).rejects.toThrow("stopped");
    expect(await offset()).toBe(1);
    faults.remove();
    await handler({}, aContext());
    expect(seen).toEqual([1, 2, 2, 3]);
    expect(await offset()).toBe(3);
  });

  it("G10: ends right under every single fault when the effect is idempotent", async () => {
    await append(1, 10, 100);
    await underEveryFault(async () => expect(await digits()).toBe(111), idempotentDigits);
  });

  it("doubles under some fault when the effect is not idempotent: the proof that the test above can fail", async () => {
    await append(1, 10, 100);
    const results: number[] = [];
    await underEveryFault(async () => void results.push(await digits()), addedDigits);
    expect(results.filter((result) => result !== 111).length).toBeGreaterThan(0);
    expect(results.every((result) => result >= 111)).toBe(true);
  });

  it("fails loudly when its handler collects work that nothing commits", async () => {
    await append(1);
    expect((await sums({ offset: "after-effect" })({}, aContext())).records).toBe(0);
    expect(await offset()).toBe(0);
  });
});

/** A handler that sums what was added; `and` runs first, `extra` stands for a correction of the code. */
function sums(
  changes: Partial<ProjectionOptions> = {},
  and: (data: { amount: number }) => Promise<unknown> = async () => undefined,
  extra = 0,
) {
  return projection(named(Added), { ...options(), ...changes }).handler(async ({ data }, unit, state) => {
    await and(data);
    const all = state<Sum>("sum");
    const before = (await all.get("all")) ?? { id: "all", version: 0, sum: 0 };
    unit.write(all.save({ ...before, sum: before.sum + data.amount + extra }));
  });
}

/** Sets the digit of its own record: twice is once. */
function idempotentDigits() {
  return projection(named(Added), { ...options(), offset: "after-effect" }).handler(async ({ data }) =>
    update(`SET #d = :amount`, data.amount),
  );
}

function addedDigits() {
  return projection(named(Added), { ...options(), offset: "after-effect" }).handler(async ({ data }) =>
    update(`ADD #d :amount`, data.amount),
  );
}

async function update(UpdateExpression: string, amount: number): Promise<void> {
  await world.clients.dynamodb.send(
    new UpdateItemCommand({
      TableName: world.stateTable,
      Key: marshall({ id: `${name}-digits` }),
      UpdateExpression,
      ExpressionAttributeNames: { "#d": `d${amount}` },
      ExpressionAttributeValues: marshall({ ":amount": amount }),
    }),
  );
}

async function digits(): Promise<number> {
  const { id: _id, ...values } = (await itemOf(`${name}-digits`)) ?? {};
  return Object.values(values as Record<string, number>).reduce((all, value) => all + value, 0);
}

/**
 * Runs a new projection for each AWS call of a run and each fault there: one attempt failed, or all of them
 * (the run dies), before or after the engine did it. Each is followed by undisturbed runs and the check.
 */
async function underEveryFault(check: () => Promise<void>, make: () => ReturnType<typeof sums>) {
  const commands = ["GetItemCommand", "QueryCommand", "TransactWriteItemsCommand"];
  const moments: FaultMoment[] = ["before", "after"];
  let schedules = 0;
  let fired = 0;
  for (const command of commands) {
    name = `sum-${newId()}`;
    const calls = await callsOf(command, make());
    expect(calls).toBeGreaterThan(0);
    for (const moment of moments) {
      for (let nth = 1; nth <= calls; nth++) {
        for (const attempts of [[nth], [nth, nth + 1, nth + 2]]) {
          name = `sum-${newId()}`;
          faults = injectFaults(dynamodb(), { command, moment, attempts });
          await make()({}, aContext()).catch(() => undefined);
          if (faults.attempts.length >= nth) fired++;
          faults.remove();
          schedules++;
          await make()({}, aContext());
          await check();
        }
      }
    }
  }
  return { schedules, fired };
}

async function callsOf(command: string, handler: ReturnType<typeof sums>): Promise<number> {
  faults = injectFaults(dynamodb(), { command, moment: "before", attempts: [] });
  await handler({}, aContext());
  faults.remove();
  return faults.attempts.length;
}

function named<const Type extends MessageType>(accepted: Type) {
  return contract({ name, accepts: [accepted], publishes: [Added] });
}

function options() {
  return { journal: log, table: world.stateTable };
}

function added(amount: number, partitionkey = "all") {
  return aJournalMessage({ type: Added.type, partitionkey, data: { amount } });
}

async function append(...amounts: number[]): Promise<void> {
  await log.append(
    amounts.map((amount) => added(amount)),
    inSeconds(10),
  );
}

async function keysOfDifferentPartitions(): Promise<string[]> {
  const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const { partitionOf } = await import("../src/pull/journal.ts");
  return [
    keys.find((key) => partitionOf(key, 2) === 0) ?? "",
    keys.find((key) => partitionOf(key, 2) === 1) ?? "",
  ];
}

async function sum(): Promise<number | undefined> {
  const state = await servingState({ name, table: world.stateTable });
  return (await state<Sum>("sum").get("all"))?.sum;
}

async function handlerServes(): Promise<number> {
  return Number((await itemOf(`${name}#generations`))?.serving);
}

async function offset(generation = 1): Promise<number> {
  return Number((await itemOf(`${name}@${generation}#offset#0`))?.offset ?? 0);
}

async function itemOf(id: string): Promise<Record<string, unknown> | undefined> {
  const { Item } = await world.clients.dynamodb.send(
    new GetItemCommand({ TableName: world.stateTable, Key: marshall({ id }), ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
}
