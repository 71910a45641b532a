import { PutItemCommand, TransactionCanceledException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { dynamodb } from "../../src/aws/clients.ts";
import { setClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { readKept } from "../../src/envelope/envelope.ts";
import { itemId, putWrite, slotOf } from "../../src/schedule/scheduled-item.ts";

let world: World;
let faults: Faults | undefined;
let restore: (() => void) | undefined;
let handler: typeof import("../../src/publish/relay/dispatch.ts").handler;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/Dispatch");
  ({ handler } = await import("../../src/publish/relay/dispatch.ts"));
});
afterEach(async () => {
  faults?.remove();
  faults = undefined;
  restore?.();
  restore = undefined;
  dynamodb().middlewareStack.remove("on-call");
  for (const row of await world.items(outbox())) await world.remove(outbox(), row);
  for (const { id } of await world.items(table())) await world.remove(table(), String(id));
  await world.drain(wakeUps());
});
afterAll(() => world.stop());

describe("dispatch", () => {
  it("G12: puts what is due into the outbox, oldest first, and leaves the rest", async () => {
    const now = Date.now();
    await scheduled({ id: "late", key: "c", dueMs: now - 10_000 });
    await scheduled({ id: "oldest", key: "c", dueMs: now - 20_000 });
    await scheduled({ id: "later", key: "c", dueMs: now + 200_000 });
    const lines = await linesOf(async () => {
      expect(await run()).toEqual({ batchItemFailures: [], found: 2, dispatched: 2 });
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: "INFO",
        code: "DISPATCHED",
        service: "dispatch",
        found: 2,
        dispatched: 2,
      }),
    );
    expect(lines).toContainEqual(expect.objectContaining({ code: "METRICS", Dispatched: 2 }));
    expect(await sent()).toEqual(["oldest", "late"]);
    expect((await world.items(table())).map(({ messageId }) => messageId)).toEqual(["later"]);
  });

  it("G12: a message gets the time of its dispatch: it is as young as any other", async () => {
    await scheduled({ id: "old", dueMs: 1_000, time: "2020-01-01T00:00:00.000Z" });
    await run();
    const [message] = await messages();
    expect(Date.now() - Date.parse(message?.time ?? "")).toBeLessThan(10_000);
  });

  it("G12: nothing goes out before its time, whatever a wake-up says", async () => {
    const dueMs = Date.now() + 60_000;
    await scheduled({ id: "early", dueMs });
    restore = setClock(() => dueMs - 1);
    await run(aWakeUp(dueMs - 1));
    expect(await sent()).toEqual([]);
    restore = setClock(() => dueMs);
    await run(aWakeUp(dueMs));
    expect(await sent()).toEqual(["early"]);
  });

  it("G12: a wake-up that comes a little early waits for its time", async () => {
    const dueMs = Date.now() + 300;
    await scheduled({ id: "soon", dueMs });
    await run(aWakeUp(dueMs));
    expect(await sent()).toEqual(["soon"]);
  });

  it("G12: and so it does when its timer fires a moment early", async () => {
    const dueMs = Date.now() + 1_500;
    await scheduled({ id: "soon", dueMs });
    let now = dueMs - 1_500;
    restore = setClock(() => now);
    const { setTimeout } = globalThis;
    const early: typeof setTimeout = ((work: () => void, ms = 0) => {
      if (ms < 1_500 || ms > 1_510) return setTimeout(work, ms);
      now += ms - 1;
      return setTimeout(work, 0);
    }) as never;
    vi.stubGlobal("setTimeout", early);
    await run(aWakeUp(dueMs));
    vi.unstubAllGlobals();
    expect(await sent()).toEqual(["soon"]);
  });

  it("G12: sends itself a wake-up for each second in which something is due before its next runs", async () => {
    const start = Math.ceil(Date.now() / 1_000) * 1_000 + 30_000;
    for (const [index, dueMs] of [start, start - 1, start + 10_000, start + 3_600_000].entries())
      await scheduled({ id: String(index), dueMs });
    const sends = await entriesOf(() => run());
    expect(sends.map(({ atMs }) => atMs).sort()).toEqual([start, start + 10_000]);
    for (const { atMs, delaySeconds } of sends) {
      expect(Date.now() + delaySeconds * 1_000).toBeGreaterThanOrEqual(atMs - 1_500);
      expect(delaySeconds).toBeLessThanOrEqual(90);
    }
  });

  it("G12, G11: a slot with five hundred entries in one second gets a wake-up of its own", async () => {
    const dueMs = Math.ceil(Date.now() / 1_000) * 1_000 + 30_000;
    const ids = Array.from({ length: 20_000 }, (_, n) => String(n));
    const slotted = (slot: string) => ids.filter((id) => slotOf(itemId("timed", id)) === slot);
    const [crowd, [other = ""]] = [slotted("1").slice(0, 500), slotted("2")];
    await Promise.all([...crowd, other].map((id) => scheduled({ id, dueMs })));
    expect((await entriesOf(() => run())).map(({ slots }) => slots)).toEqual([["1"], ["2"]]);
    await world.remove(table(), itemId("timed", crowd[0] ?? ""));
    const [{ slots = [] } = {}, ...others] = await entriesOf(() => run());
    expect([[...slots].sort(), others]).toEqual([["1", "2"], []]);
  });

  it("G11: begins nothing after its deadline, and says what it found", async () => {
    await scheduled({ id: "due", dueMs: 1_000 });
    const answer = await handler({}, aContext({ remainingMs: 900 }));
    expect(answer).toEqual({ batchItemFailures: [], found: 1, dispatched: 0 });
    expect(await sent()).toEqual([]);
  });

  it.each([
    [179_999, ["due"]],
    [180_000, []],
  ])(
    "G12: a wake-up of %i ms ago finds what is due, unless a run of the schedule has looked since: %o",
    async (agoMs, ids) => {
      const now = Date.now();
      await scheduled({ id: "due", dueMs: now - 200_000 });
      restore = setClock(() => now);
      await handler(aWakeUp(now - agoMs), aContext({ remainingMs: 20_000 }));
      expect(await sent()).toEqual(ids);
    },
  );

  it("G12: of two dispatchers at once, one sends", async () => {
    for (let index = 0; index < 120; index++) await scheduled({ id: String(index), dueMs: 1_000 });
    await Promise.all([run(), run()]);
    await run();
    const ids = await sent();
    expect(ids).toHaveLength(120);
    expect(new Set(ids).size).toBe(120);
    expect(await world.items(table())).toEqual([]);
  });

  it("G12: sends once when the response to its commit is lost", async () => {
    await scheduled({ id: "one", dueMs: 1_000 });
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "after" });
    await expect(run()).rejects.toThrow();
    faults.remove();
    await run();
    expect(await sent()).toEqual(["one"]);
  });

  it("G12: an item that moved after it was found is left, and the others of its transaction go out", async () => {
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await scheduled({ id: "moved", dueMs: 1_000 });
    await scheduled({ id: "canceled", dueMs: 1_000 });
    await scheduled({ id: "due", dueMs: 1_000 });
    let isFirst = true;
    onCall("TransactWriteItemsCommand", async () => {
      if (!isFirst) return;
      isFirst = false;
      await moved("moved", later);
      await world.remove(table(), itemId("timed", "canceled"));
    });
    await run();
    expect(await sent()).toEqual(["due"]);
    expect((await world.items(table())).map(({ due }) => due)).toEqual([later]);
  });

  it("G12: an item that moved between the index and its own read is not sent early", async () => {
    const later = new Date(Date.now() + 1_800_000).toISOString();
    await scheduled({ id: "moved", dueMs: 1_000 });
    onCall("BatchGetItemCommand", () => moved("moved", later));
    await run();
    expect(await sent()).toEqual([]);
    expect((await world.items(table())).map(({ due }) => due)).toEqual([later]);
  });

  it("G5: an item that DynamoDB refuses holds no other", async () => {
    for (let index = 0; index < 9; index++) await scheduled({ id: String(index), dueMs: 1_000 + index });
    onInput("TransactWriteItemsCommand", (input) => {
      const isRefused = JSON.stringify(input).includes(itemId("timed", "4"));
      if (isRefused) throw Object.assign(new Error("no"), { name: "ValidationException", $metadata: {} });
    });
    const lines = await linesOf(() => run());
    expect((await sent()).sort()).toEqual(["0", "1", "2", "3", "5", "6", "7", "8"]);
    expect(lines.filter(isError)).toMatchObject([
      { code: "DISPATCH_REFUSED", id: itemId("timed", "4"), errorCode: "ValidationException" },
    ]);
  });

  it("G4: messages of one key are in the order of their times, however many there are", async () => {
    for (let index = 0; index < 130; index++) {
      const order = (index * 7) % 130;
      await scheduled({ id: String(order), key: "one", dueMs: 1_000 + order });
    }
    await run();
    expect(await sent()).toEqual(Array.from({ length: 130 }, (_, index) => String(index)));
  });

  it("G4: messages of a key stay for the next run behind one that is given up, also in a later part of the run", async () => {
    const ids = Array.from({ length: 410 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => scheduled({ id, key: "one", dueMs: 1_000 + Number(id) })));
    await scheduled({ id: "other", dueMs: 2_000 });
    onInput("TransactWriteItemsCommand", (input) => {
      if (!JSON.stringify(input).includes(itemId("timed", "0"))) return;
      const CancellationReasons = [{ Code: "TransactionConflict" }];
      throw new TransactionCanceledException({ message: "no", $metadata: {}, CancellationReasons });
    });
    await run();
    expect(await sent()).toEqual(["other"]);
    dynamodb().middlewareStack.remove("on-call");
    await run();
    expect(await sent()).toEqual(["other", ...ids]);
  });

  it("G7: an item in another's name is not sent, and is reported", async () => {
    await scheduled({ id: "forged", dueMs: 1_000, source: "/bank" });
    await scheduled({ id: "own", dueMs: 1_000 });
    const lines = await linesOf(() => run());
    expect(await sent()).toEqual(["own"]);
    const foreign = { code: "SCHEDULE_FOREIGN", id: itemId("timed", "forged"), source: "/bank" };
    expect(lines.filter(isError)).toMatchObject([foreign]);
  });

  it("G6: an item of a later release stays, is reported, and holds nobody", async () => {
    await scheduled({ id: "new", dueMs: 1_000, form: "2" });
    await scheduled({ id: "own", dueMs: 2_000 });
    const lines = await linesOf(() => run());
    expect(await sent()).toEqual(["own"]);
    const unreadable = { code: "SCHEDULE_UNREADABLE", id: itemId("timed", "new"), errorCode: "Error" };
    expect(lines.filter(isError)).toMatchObject([unreadable]);
    expect(await world.items(table())).toHaveLength(1);
  });

  it("G11: says how long the oldest is overdue, and 0 when none is", async () => {
    const ages = async (event?: unknown) => {
      const lines = await linesOf(() => run(event));
      return lines.flatMap((line) => (line as { ScheduleAgeSeconds?: number }).ScheduleAgeSeconds ?? []);
    };
    expect(await ages()).toEqual([0]);
    await scheduled({ id: "woken", dueMs: Date.now() - 1_000 });
    expect(await ages(aWakeUp(Date.now()))).toEqual([]); // of all slots, only a run of the schedule knows
    await scheduled({ id: "overdue", dueMs: Date.now() - 90_000 });
    const [age = 0] = await ages();
    expect(age).toBeGreaterThanOrEqual(90);
    expect(age).toBeLessThan(150);
    await scheduled({ id: "younger", dueMs: Date.now() - 10_000 });
    await scheduled({ id: "older", dueMs: Date.now() - 400_000 });
    const [oldest = 0, ...others] = await ages();
    expect(oldest).toBeGreaterThanOrEqual(400);
    expect(others).toEqual([]);
  });

  it("G12: takes what is no wake-up, or an old one, for done", async () => {
    await scheduled({ id: "due", dueMs: 1_000 });
    const event = anSqsEvent(anSqsRecord("not JSON"), anSqsRecord("{}"), anSqsRecord(wakeUpText(1_000)));
    expect(await handler(event, aContext())).toMatchObject({ batchItemFailures: [], found: 0 });
    expect(await sent()).toEqual([]);
  });
});

interface Scheduled {
  readonly id: string;
  readonly dueMs: number;
  readonly key?: string;
  readonly time?: string;
  readonly source?: string;
  readonly form?: string;
}

async function scheduled({
  id,
  dueMs,
  key = newId(),
  time,
  source = "/timed",
  form,
}: Scheduled): Promise<void> {
  const message = anEnvelope({ id, source, partitionkey: key, type: "kit.rung.v1", ...(time && { time }) });
  const { Put } = putWrite(table(), { id: itemId("timed", id), key: id, message, dueMs });
  if (Put?.Item === undefined) throw new Error("not a put");
  const Item = { ...Put.Item, ...(form && { form: { N: form } }) };
  await world.clients.dynamodb.send(new PutItemCommand({ TableName: table(), Item }));
}

async function moved(key: string, due: string): Promise<void> {
  await world.clients.dynamodb.send(
    new UpdateItemCommand({
      TableName: table(),
      Key: { id: { S: itemId("timed", key) } },
      UpdateExpression: "SET due = :due",
      ExpressionAttributeValues: { ":due": { S: due } },
    }),
  );
}

function isError({ level }: { readonly level?: unknown }): boolean {
  return level === "ERROR";
}

function run(event: unknown = {}): Promise<unknown> {
  return handler(event, aContext({ remainingMs: 20_000 }));
}

function wakeUpText(atMs: number): string {
  return JSON.stringify({ atMs, slots: Array.from({ length: 16 }, (_, slot) => String(slot)) });
}

function aWakeUp(atMs: number): unknown {
  return anSqsEvent(anSqsRecord(wakeUpText(atMs)));
}

/** Of the rows in the order of their places; the publisher reads a row's messages in their order. */
async function messages() {
  const rows = await world.items(outbox());
  rows.sort((a, b) => (String(a.place) < String(b.place) ? -1 : 1));
  return rows.flatMap((row) => (row.messages as string[]).map(readKept));
}

async function sent(): Promise<string[]> {
  return (await messages()).map(({ id }) => id);
}

interface Entry {
  readonly atMs: number;
  readonly slots: readonly string[];
  readonly delaySeconds: number;
}

async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const { sqs } = await import("../../src/aws/sqs-client.ts");
  const entries: Entry[] = [];
  sqs().middlewareStack.add(
    (next) => async (args) => {
      const { Entries = [] } = args.input as { Entries?: { MessageBody: string; DelaySeconds: number }[] };
      for (const { MessageBody, DelaySeconds } of Entries)
        entries.push({ ...JSON.parse(MessageBody), delaySeconds: DelaySeconds });
      return next(args);
    },
    { name: "entries", step: "initialize", override: true },
  );
  await work();
  sqs().middlewareStack.remove("entries");
  return entries;
}

function onInput(command: string, work: (input: unknown) => void): void {
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === command) work(args.input);
        return next(args);
      },
    { name: "on-call", step: "initialize", override: true },
  );
}

function onCall(command: string, work: () => Promise<void>): void {
  dynamodb().middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === command) await work();
        return next(args);
      },
    { name: "on-call", step: "initialize", override: true },
  );
}

function table(): string {
  return world.output("SchedulesTable");
}

function outbox(): string {
  return world.output("OrderedOutboxTable");
}

function wakeUps(): string {
  return String(process.env.WAKE_UP_QUEUE_URL);
}

it("an item is always in the same slot, and the slots share the items", () => {
  const counts = new Map<string, number>();
  for (let index = 0; index < 16_000; index++) {
    const slot = slotOf(itemId("timed", String(index)));
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  expect(counts.size).toBe(16);
  expect(Math.max(...counts.values())).toBeLessThan(1_200);
});
