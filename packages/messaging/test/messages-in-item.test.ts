import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inItem } from "../src/commit/messages-in-item.ts";
import { rows } from "../src/commit/rows.ts";
import type { UnitOfWork, Write } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

interface Counter extends Versioned {
  readonly count: number;
}

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ counter: z.string(), amount: z.int() }),
  key: (added) => added.counter,
});
const Counted = messageType({
  type: "tests.counted.v1",
  schema: z.strictObject({ count: z.int() }),
  key: () => "all",
});

let world: World;
let faults: Faults | undefined;
let outboxBefore: number;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(async () => {
  outboxBefore = (await outbox()).length;
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

it("G1, G2: a message costs four write units: evidence, and the state with its messages", async () => {
  const messages = tenAdded();
  const requests = watchRequests(dynamodb());
  expect(await receive(messages)).toEqual({ batchItemFailures: [] });
  expect(requests.stop().filter((one) => !one.startsWith("GetItem"))).toEqual(["TransactWriteItems 40"]);
  for (const message of messages) {
    const item = await itemOf(message);
    expect(item).toMatchObject({ count: 1, version: 1 });
    expect((item.eo_outbox as string[]).map((text) => JSON.parse(text))).toMatchObject([
      { type: "tests.counted.v1", causationid: message.id },
    ]);
    expect(await counters().get(message.partitionkey)).toEqual({
      id: message.partitionkey,
      version: 1,
      count: 1,
    });
  }
  expect(await outbox()).toHaveLength(outboxBefore);
});

it("G2: applies each effect once when the batch is redelivered, and the messages stay those of the commit", async () => {
  const messages = tenAdded();
  await receive(messages);
  const before = await Promise.all(messages.map(itemOf));
  expect(await receive(messages, { receiveCount: 2 })).toEqual({ batchItemFailures: [] });
  expect(await Promise.all(messages.map(itemOf))).toEqual(before);
});

it.each([[[1]], ["all" as const]])(
  "D1: applies each effect once when the response to attempts %s is lost",
  async (attempts) => {
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "after", attempts });
    const messages = tenAdded();
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    for (const message of messages)
      expect(await itemOf(message)).toMatchObject({ count: 1, eo_outbox: [expect.any(String)] });
  },
);

it("G1: neither state nor messages are there when the commit fails", async () => {
  faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
  const messages = tenAdded();
  expect((await receive(messages)).batchItemFailures).toHaveLength(10);
  expect(await Promise.all(messages.map(itemOf))).toEqual(Array(10).fill({}));
});

it("G3: each commit has its own messages, and one without any removes those of the commit before", async () => {
  const [first] = tenAdded();
  const of = (work: Work) => receive([nextOf(first as Envelope)], { work });
  await receive([first as Envelope]);
  const { eo_outbox_id: before } = await itemOf(first as Envelope);
  await of(count);
  const { eo_outbox_id: after, eo_outbox: texts } = await itemOf(first as Envelope);
  expect(after).not.toBe(before);
  expect(texts).toHaveLength(1);
  await of(async (id, unit) => {
    const counter = await counters().get(id);
    if (counter) unit.write(counters().save({ ...counter, count: 0 }));
  });
  expect(Object.keys(await itemOf(first as Envelope)).sort()).toEqual(["count", "eo_stamp", "id", "version"]);
});

it("G1: a unit that changes no item of the table puts its messages into rows of the outbox", async () => {
  const [message] = tenAdded();
  await receive([message as Envelope], {
    work: async (_id, unit) => unit.publish(Counted.from({ count: 7 })),
  });
  expect(await outbox()).toHaveLength(outboxBefore + 1);
});

it("carries them in the first of several items, also in one that is put", async () => {
  const [message] = tenAdded();
  const other = newId();
  await receive([message as Envelope], {
    work: async (id, unit) => {
      unit.write({ Put: { TableName: table(), Item: marshall({ id, count: 3 }) } });
      unit.write(counters().save({ id: other, version: 0, count: 4 }));
      unit.publish(Counted.from({ count: 7 }));
    },
  });
  expect(await itemOf(message as Envelope)).toMatchObject({ count: 3, eo_outbox: [expect.any(String)] });
  expect(await world.get(table(), other)).not.toHaveProperty("eo_outbox");
});

it("carries them in no item that is deleted, and in none of another table", () => {
  const Key = marshall({ id: "a" });
  const writes: Write[] = [
    { Delete: { TableName: "counters", Key } },
    { Put: { TableName: "others", Item: Key } },
    { Update: { TableName: "counters", Key, UpdateExpression: "SET a = :a" } },
  ];
  const carried = inItem({ table: "counters" })({ writes, messages: [anEnvelope()] }, "commit") ?? [];
  expect(carried.map((write) => JSON.stringify(write).includes("eo_outbox"))).toEqual([false, false, true]);
});

it("D6: runs the handler again on fresh state when another changed the item first", async () => {
  const [message] = tenAdded();
  let runs = 0;
  const work: Work = async (id, unit) => {
    const counter = (await counters().get(id)) ?? { id, version: 0, count: 0 };
    if (++runs === 1) {
      const Item = marshall({ id, version: 1, count: 100 });
      await dynamodb().send(new PutItemCommand({ TableName: table(), Item }));
    }
    unit.write(counters().save({ ...counter, count: counter.count + 1 }));
    unit.publish(Counted.from({ count: counter.count + 1 }));
  };
  expect(await receive([message as Envelope], { work })).toEqual({ batchItemFailures: [] });
  expect(await itemOf(message as Envelope)).toMatchObject({ count: 101, version: 2 });
});

function table(): string {
  return world.output("StandardTable");
}

function counters() {
  return versionedTable<Counter>(table());
}

async function outbox(): Promise<unknown[]> {
  return world.items(world.output("OrderedOutboxTable"));
}

type Work = (counter: string, unit: UnitOfWork<"tests.counted.v1">) => Promise<void>;

const count: Work = async (id, unit) => {
  const counter = (await counters().get(id)) ?? { id, version: 0, count: 0 };
  unit.write(counters().save({ ...counter, count: counter.count + 1 }));
  unit.publish(Counted.from({ count: counter.count + 1 }));
};

function receive(
  messages: readonly Envelope[],
  { work = count, receiveCount = 1 }: { work?: Work; receiveCount?: number } = {},
) {
  const evidence = rows({ messages: inItem({ table: table() }), groupCommit: { lingerMs: 2_000 } });
  const handler = consumer(contract({ name: "count", accepts: [Added], publishes: [Counted] }))
    .use(idempotency({ evidence }))
    .handler(({ data }, unit) => work(data.counter, unit));
  const records = messages.map((message) => anSqsRecord(asciiJson(message), { receiveCount }));
  return handler(anSqsEvent(...records), aContext());
}

function tenAdded(): Envelope[] {
  return Array.from({ length: 10 }, () => anEnvelope(Added.from({ counter: newId(), amount: 1 })));
}

/** Another message of the same counter. */
function nextOf(message: Envelope): Envelope {
  return { ...message, id: newId() };
}

async function itemOf({ partitionkey }: Envelope): Promise<Record<string, unknown>> {
  return (await world.get(table(), partitionkey)) ?? {};
}
