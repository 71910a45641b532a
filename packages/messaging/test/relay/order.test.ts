// The order of rows on their way to a FIFO queue, whatever lies between them: shards, retries, the sweeper, clocks.
import { GetItemCommand, QueryCommand, type QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { registerProducers } from "@essentially-once/testing/internal/support/register-producers";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../../src/aws/clients.ts";
import { sqs } from "../../src/aws/sqs-client.ts";
import { idempotency } from "../../src/commit/idempotency.ts";
import { outboxAttribute, outboxIdAttribute } from "../../src/commit/inline-write.ts";
import { type OutboxRow, readOutboxRow } from "../../src/commit/outbox.ts";
import { rows } from "../../src/commit/rows.ts";
import { type Versioned, versionedTable } from "../../src/commit/versioned-table.ts";
import { setClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { contract } from "../../src/envelope/contract.ts";
import { asciiJson } from "../../src/envelope/envelope.ts";
import { messageType } from "../../src/envelope/message-type.ts";
import { keepRows, readInlineRows } from "../../src/publish/inline-stream.ts";
import { isLeftBehind, noteTried, withOlderRows } from "../../src/publish/older-rows.ts";
import { publisher } from "../../src/publish/publisher.ts";
import { fixedRegistry } from "../../src/publish/registry.ts";
import { consumer } from "../../src/receive/consumer.ts";

const Asked = messageType({
  type: "kit.asked.v1",
  schema: z.strictObject({ key: z.string(), also: z.string().optional(), reads: z.boolean() }),
  key: ({ key }) => key,
});
const Taken = messageType({
  type: "kit.taken.v1",
  schema: z.strictObject({ n: z.string() }),
  key: ({ n }) => n.split("/")[0] ?? "",
});

let world: World;
let faults: Faults | undefined;
let publish: typeof import("../../src/publish/relay/publish.ts").handler;
let sweep: typeof import("../../src/publish/relay/sweep.ts").handler;
let key: string;
let committed: number;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Relay/");
  await registerProducers(["tests", "inline", "produce"]);
  ({ handler: publish } = await import("../../src/publish/relay/publish.ts"));
  ({ handler: sweep } = await import("../../src/publish/relay/sweep.ts"));
  world.enter("Standard/");
});
beforeEach(() => {
  key = newId();
  committed = 0;
});
afterEach(async () => {
  faults?.remove();
  faults = undefined;
  for (const row of await outboxRows()) await world.remove(outbox(), row);
  await world.drain(ordered());
});
afterAll(() => world.stop());

describe("G4: by the stream", () => {
  it("rows that were refused and given up go before the next of their key", async () => {
    const [first, second, third] = [await commit(), await commit(), await commit()];
    faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
    expect((await publish(await streamOf(first), aContext())).batchItemFailures).toHaveLength(1);
    expect((await publish(await streamOf(second), aContext())).batchItemFailures).toHaveLength(1);
    faults.remove();
    expect(await publish(await streamOf(third), aContext())).toEqual({ batchItemFailures: [] });
    expect(await sent()).toEqual(["1", "2", "3"]);
    expect(await outboxRows()).toEqual([]);
  });

  it("a row holds those behind it of its key, and no other key", async () => {
    const [first, second] = [await commit(), await commit()];
    const other = await commit({ of: newId() });
    faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
    await publish(await streamOf(first), aContext());
    faults.remove();
    const unreadable = injectFaults(dynamodb(), { command: "QueryCommand", moment: "before" });
    const event = await streamOf(second);
    const lines = await linesOf(async () => {
      const { batchItemFailures } = await publish(event, aContext());
      expect(batchItemFailures).toEqual([{ itemIdentifier: "100" }]);
    });
    unreadable.remove();
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "WARN", code: "OLDER_ROWS_UNREAD", errorCode: "TimeoutError" }),
    );
    expect(await sent()).toEqual([]);
    await publish(await streamOf(other), aContext());
    expect((await outboxRows()).map(({ place }) => place)).toEqual([first.place, second.place]);
  });

  it("G5: an older row that cannot be read holds nobody, and is reported", async () => {
    const row = await commit();
    const place = "0000000000000001#old";
    await world.put(outbox(), { id: row.id, place, createdAt: "2026-01-01T00:00:00.000Z", messages: "none" });
    const event = await streamOf(row);
    const lines = await linesOf(async () => {
      expect(await publish(event, aContext())).toEqual({ batchItemFailures: [] });
    });
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "ERROR", code: "OUTBOX_ROW_INVALID", id: row.id, place }),
    );
    expect(await sent()).toEqual(["1"]);
  });

  it("a commit that read what another wrote comes behind it, whatever their clocks said", async () => {
    const first = await commit({ clockMs: 300_000, reads: true });
    const second = await commit({ clockMs: -300_000, reads: true });
    expect(second.place > first.place).toBe(true);
    expect(await publish(await streamOf(second), aContext())).toEqual({ batchItemFailures: [] });
    expect(await sent()).toEqual(["1", "2"]);
  });

  it("of young rows only that of a commit whose item it read goes before it: the stream is to bring the others", async () => {
    await commit({ clockMs: 30_000, reads: true });
    const independent = await commit();
    const reader = await commit({ reads: true });
    expect(independent.place < reader.place).toBe(true);
    for (const row of [reader, independent]) await publish(await streamOf(row), aContext());
    expect(await sent()).toEqual(["1", "3", "2"]);
  });

  it("G11: of very many older rows the first hundred go, and the row waits for the rest", async () => {
    const row = await commit();
    const item = (await outboxRows())[0] ?? {};
    for (let n = 1; n <= 102; n++) {
      const message = anEnvelope({
        ...Taken.from({ n: `${key}/old-${n}` }),
        id: newId(),
        source: "/produce",
      });
      const place = `${String(n).padStart(16, "0")}#old`;
      await world.put(outbox(), { ...item, place, tried: true, messages: [asciiJson(message)] });
    }
    expect((await publish(await streamOf(row), aContext())).batchItemFailures).toHaveLength(1);
    expect(await outboxRows()).toHaveLength(3);
    expect(await publish(await streamOf(row), aContext())).toEqual({ batchItemFailures: [] });
    const old = Array.from({ length: 102 }, (_, n) => `old-${n + 1}`);
    expect(await sent()).toEqual([...old, "1"]);
  });

  it("one that the stream is still to bring does not come before what it brought first", async () => {
    const first = await commit({ clockMs: 30_000 });
    const second = await commitBy("0000000000000002");
    expect(second.place < first.place).toBe(true);
    await publish(await streamOf(first), aContext());
    await publish(await streamOf(second), aContext());
    expect(await sent()).toEqual(["1", "2"]);
  });

  it("notes once in a row that it could not be sent, and not in one that is old or gone", async () => {
    const [row, gone] = [await commit(), await commit()];
    const [event, eventOfGone] = [await streamOf(row), await streamOf(gone)];
    await world.remove(outbox(), { ...gone });
    faults = injectFaults(sqs(), { command: "SendMessageBatchCommand", moment: "before" });
    const notes = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts: [] });
    await at(120_000, () => publish(event, aContext()));
    expect(notes.attempts).toHaveLength(0);
    for (let time = 0; time < 2; time++) await publish(event, aContext());
    expect(notes.attempts).toHaveLength(1);
    await publish(eventOfGone, aContext());
    notes.remove();
    expect(await outboxRows()).toMatchObject([{ place: row.place, tried: true }]);
  });

  it("what was left behind comes once, before all that is given of its key", async () => {
    const [first, second, third] = [await commit(), await commit(), await commit()];
    await noteTried(outbox(), [await readRow(first), await readRow(second)]);
    const given = [await readRow(second), await readRow(third)];
    const { rows: all, unread } = await withOlderRows(outbox(), given, given);
    expect(all.map(({ key: { place } }) => place)).toEqual([first.place, second.place, third.place]);
    expect(unread).toEqual(new Set());
    const reversed = await withOlderRows(outbox(), given.toReversed(), given.toReversed());
    expect(reversed.rows.map(({ key: { place } }) => place)).toEqual([
      first.place,
      third.place,
      second.place,
    ]);
  });

  it.each([
    [false, 59_999, false],
    [false, 60_000, true],
    [false, -59_999, false],
    [false, -60_000, true],
    [true, 0, true],
  ])(
    "a row is left behind when it was tried (%s) or is a minute off by any clock (%i ms): %s",
    (...given) => {
      const [tried, ageMs, expected] = given;
      const restore = setClock(() => 1_781_524_800_000);
      const createdAt = new Date(1_781_524_800_000 - ageMs).toISOString();
      expect(isLeftBehind({ tried, createdAt } as OutboxRow)).toBe(expected);
      restore();
    },
  );

  it("in one batch the stream's order counts", async () => {
    const first = await commit();
    const second = await commitBy("0000000000000002");
    await publish(await streamOf(first, second), aContext());
    expect(await sent()).toEqual(["1", "2"]);
  });
});

describe("G4: by the sweeper", () => {
  it("rows of a key go by their places, also when the clock of the first is ahead by less than it is old", async () => {
    await commit({ clockMs: 0, reads: true });
    const ahead = await commit({ clockMs: 100_000, reads: true });
    const behind = await commit({ clockMs: 0, reads: true });
    expect(behind.place > ahead.place).toBe(true);
    await at(120_000, async () => expect(await sweep({}, aContext())).toMatchObject({ sent: 3 }));
    expect(await sent()).toEqual(["1", "2", "3"]);
  });

  it("what the stream is at the same time at is not overtaken", async () => {
    const [first, second, third] = [await commit(), await commit(), await commit()];
    const events = await Promise.all([streamOf(first), streamOf(second, third)]);
    await at(61_000, async () => {
      await Promise.all([...events.map((event) => publish(event, aContext())), sweep({}, aContext())]);
    });
    expect(await sent()).toEqual(["1", "2", "3"]);
  });
});

describe("G4: by the stream of an item", () => {
  it("what was kept of one change goes before the messages of the next", async () => {
    const [first, second] = [changeOf("1", 9), changeOf("2", 10)].map((change) =>
      readInlineRows({ ...change, table: "items" }),
    );
    expect(await keepRows(first ?? [], { outboxTable: outbox(), producers: { wrote: () => true } })).toEqual(
      new Set(first?.map(({ id }) => id)),
    );
    await relayTo(ordered()).publish(second ?? [], inTime());
    expect(await sent()).toEqual(["1", "2"]);
    expect(await outboxRows()).toEqual([]);
  });

  /** The record of a change of the item of the key, whose commit published this. */
  function changeOf(n: string, sequenceNumber: number) {
    const message = anEnvelope({ ...Taken.from({ n: `${key}/${n}` }), id: newId(), source: "/inline" });
    const newImage = {
      id: { S: key },
      [outboxIdAttribute]: { S: newId() },
      [outboxAttribute]: { L: [{ S: asciiJson(message) }] },
    };
    return { newImage, oldImage: undefined, sequenceNumber: String(sequenceNumber) };
  }
});

describe("the publisher", () => {
  it("G4: sends to FIFO queues first, so that a reaction comes behind its cause", async () => {
    const row = await commit();
    const urls: string[] = [];
    const name = "urls";
    sqs().middlewareStack.add(
      (next) => (args) => {
        urls.push((args.input as { QueueUrl: string }).QueueUrl);
        return next(args);
      },
      { name, step: "initialize" },
    );
    await relayTo(world.output("StandardQueueUrl"), ordered()).publish([await readRow(row)], inTime());
    sqs().middlewareStack.remove(name);
    expect(urls).toEqual([ordered(), world.output("StandardQueueUrl")]);
    await world.drain(world.output("StandardQueueUrl"));
  });

  it("G4: a type whose route is still to be deployed holds its key at FIFO queues, for an hour", async () => {
    const [first, second] = [await commit(), await commit()];
    const list = [await readRow(first), await readRow(second)];
    let known = false;
    const routes = {
      queuesFor: (type: string) => (type === "kit.new.v1" && !known ? undefined : [ordered()]),
    };
    const relay = publisher({ outboxTable: outbox(), registry: fixedRegistry({ routes }) });
    const [unrouted, routed] = list as [(typeof list)[0], (typeof list)[0]];
    const [message] = unrouted.messages;
    const envelope = anEnvelope({ ...message?.envelope, type: "kit.new.v1" });
    const renamed = { ...unrouted, messages: [{ envelope, body: asciiJson(envelope) }] };
    expect(await relay.publish([renamed, routed], inTime())).toEqual(new Set());
    expect(await sent()).toEqual([]);
    const late = await at(3_700_000, () => relay.publish([renamed, routed], inTime(3_700_000)));
    expect(late).toEqual(new Set([routed.id]));
    known = true;
    expect(await relay.publish([renamed], inTime())).toEqual(new Set([renamed.id]));
  });

  it.each([
    ["two keys to a FIFO queue", 2, ordered, 1],
    ["one key to a FIFO queue", 1, ordered, 0.5],
    ["two keys to a standard queue", 2, () => world.output("StandardQueueUrl"), 0],
  ])(
    "reads half a unit for the rows of a key, and nothing for a standard queue: four messages of %s",
    async (...given) => {
      const [, keys, queue, units] = given;
      let read = 0;
      const name = "units";
      dynamodb().middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            if (commandName !== QueryCommand.name) return next(args);
            const input = { ...args.input, ReturnConsumedCapacity: "TOTAL" as const };
            const done = await next({ ...args, input });
            read += (done.output as QueryCommandOutput).ConsumedCapacity?.CapacityUnits ?? Number.NaN;
            return done;
          },
        { name, step: "initialize" },
      );
      const others = Array.from({ length: keys }, () => newId());
      const list: OutboxRow[] = [];
      for (let n = 0; n < 4; n++) list.push(await readRow(await commit({ of: others[n % keys] as string })));
      expect((await relayTo(queue()).publish(list, inTime())).size).toBe(4);
      dynamodb().middlewareStack.remove(name);
      expect(read).toBe(units);
      await world.drain(queue());
    },
  );

  it("G11: does not ask a queue again that is overloaded when there is no time left", async () => {
    const row = await readRow(await commit());
    let requests = 0;
    const Failed = [{ Id: "0", SenderFault: false, Code: "ServiceUnavailable" }];
    sqs().middlewareStack.add(
      () => async () => {
        requests++;
        return { response: {}, output: { $metadata: {}, Failed } };
      },
      { name: "overloaded", step: "initialize" },
    );
    const sent = await relayTo(ordered()).publish([row], { deadlineMs: Date.now() });
    sqs().middlewareStack.remove("overloaded");
    expect(sent).toEqual(new Set());
    expect(requests).toBe(1);
  });

  it("a unit of work has one row for each key of its messages", async () => {
    await commit({ also: newId() });
    expect(new Set((await outboxRows()).map(({ id }) => id)).size).toBe(2);
    expect(new Set((await outboxRows()).map(({ place }) => place)).size).toBe(1);
  });
});

interface Commit {
  readonly of?: string;
  /** Another key that it publishes about. */
  readonly also?: string;
  /** It reads and saves the item of its key. */
  readonly reads?: boolean;
  /** What its clock is wrong by. */
  readonly clockMs?: number;
}

interface RowKey {
  readonly id: string;
  readonly place: string;
}

/** The nth commit of the test publishes "n" about its key. */
async function commit({ of = key, also, reads = false, clockMs = 0 }: Commit = {}): Promise<RowKey> {
  const n = String(++committed);
  const before = new Set((await outboxRows()).map(({ place }) => place));
  const produce = consumer(contract({ name: "produce", accepts: [Asked], publishes: [Taken] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ data }, unit) => {
      const items = versionedTable<Versioned>(world.output("StandardTable"));
      if (data.reads) unit.write(items.save((await items.get(of)) ?? { id: of, version: 0 }));
      unit.publish(Taken.from({ n: `${of}/${n}` }));
      if (data.also) unit.publish(Taken.from({ n: `${data.also}/${n}` }));
    });
  const asked = anEnvelope({ ...Asked.from({ key: of, reads, ...(also && { also }) }), id: newId() });
  await at(clockMs, () => produce(anSqsEvent(anSqsRecord(asciiJson(asked))), aContext()));
  const row = (await outboxRows()).find(({ place }) => !before.has(place));
  return { id: String(row?.id), place: String(row?.place) };
}

/** A commit of a writer whose clock says this. */
async function commitBy(stamp: string): Promise<RowKey> {
  const row = await commit();
  const item = (await outboxRows()).find(({ place }) => place === row.place);
  await world.remove(outbox(), { ...row });
  const place = `${stamp}#${row.place.split("#")[1]}`;
  await world.put(outbox(), { ...item, place });
  return { id: row.id, place };
}

const startMs = Date.now();

async function at<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const began = Date.now();
  const restore = setClock(() => startMs + ms + (Date.now() - began));
  try {
    return await work();
  } finally {
    restore();
  }
}

async function itemOf(row: RowKey) {
  const asked = { TableName: outbox(), Key: marshall(row), ConsistentRead: true };
  return (await world.clients.dynamodb.send(new GetItemCommand(asked))).Item ?? {};
}

async function readRow(row: RowKey) {
  return readOutboxRow(await itemOf(row));
}

async function streamOf(...keys: readonly RowKey[]): Promise<DynamoDBStreamEvent> {
  const items = await Promise.all(keys.map(itemOf));
  const Records = items.map((NewImage, index) => ({
    eventName: "INSERT" as const,
    dynamodb: { NewImage, SequenceNumber: String(100 + index) },
  }));
  return { Records } as unknown as DynamoDBStreamEvent;
}

async function outboxRows() {
  const found = await world.items(outbox());
  return found.sort((a, b) => (String(a.place) < String(b.place) ? -1 : 1));
}

/** The messages of the key that the FIFO queue received. */
async function sent(): Promise<string[]> {
  const bodies = (await world.drain(ordered())).map(
    ({ body }) => JSON.parse(body) as { data: { n: string } },
  );
  const texts = bodies.map(({ data }) => data.n).filter((n) => n.startsWith(`${key}/`));
  return texts.map((n) => n.slice(key.length + 1));
}

function relayTo(...queueUrls: string[]) {
  return publisher({
    outboxTable: outbox(),
    registry: fixedRegistry({ routes: { queuesFor: () => queueUrls } }),
  });
}

function inTime(fromNowMs = 0): { deadlineMs: number } {
  return { deadlineMs: Date.now() + fromNowMs + 10_000 };
}

function outbox(): string {
  return world.output("OrderedOutboxTable");
}

function ordered(): string {
  return world.output("OrderedQueueUrl");
}
