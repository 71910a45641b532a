// What is stored beside a message: its schedule, the processes of its flow, the effects of its consumers. On a real DynamoDB.

import { CreateTableCommand, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { leaseTable } from "@essentially-once/messaging/internal/commit/lease";
import type { Write } from "@essentially-once/messaging/internal/commit/unit-of-work";
import {
  itemId,
  moveWrite,
  putWrite,
  readScheduledItem,
  removeWrite,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { anOutboxRow } from "@essentially-once/testing/internal/support/outbox-rows";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { deadLetterSource } from "../../src/data/dead-letters/dead-letter-source.ts";
import type { Reached } from "../../src/data/reached.ts";
import { effectSteps } from "../../src/data/seen/effect-steps.ts";
import { journalReader } from "../../src/data/seen/journal-reader.ts";
import { messageIndex } from "../../src/data/seen/message-index.ts";
import { type Messages, messageSource } from "../../src/data/seen/message-source.ts";
import { outboxReader } from "../../src/data/seen/outbox-reader.ts";
import { processesOf } from "../../src/data/seen/processes.ts";
import { schedulesReader } from "../../src/data/seen/schedules-reader.ts";

const SCHEDULES = "schedules";
const [overdue, placed] = ["notes.overdue.v1", "notes.placed.v1"];

let world: DeadLetterWorld;
let reached: Reached;
let messages: Messages;
let nth = 0;

beforeAll(async () => {
  world = await aDeadLetterWorld();
  await world.clients.dynamodb.send(
    new CreateTableCommand({
      TableName: SCHEDULES,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    }),
  );
});
beforeEach(async () => {
  const queue = await world.aQueue();
  const { sqs, dynamodb } = world.clients;
  const outputs = { Foundation: { SchedulesTable: SCHEDULES, OrderedOutboxTable: "outbox" } };
  reached = {
    connection: { sqs, dynamodb, outputs, local: { endpoints: {} } },
    queues: [queue],
    known: {},
    registrations: [
      {
        ...{ name: "note-taker", accepts: [[placed], [overdue]], publishes: [overdue] },
        ...{ queue: queue.queueUrl, elsewhere: [], stack: "Notes" },
      },
    ],
  };
  const index = messageIndex();
  messages = messageSource({
    ...{ reached, index, missing: [] },
    deadLetters: deadLetterSource({ reached, messages: index, tell: () => undefined }),
    outbox: outboxReader(reached.connection, index),
    schedules: schedulesReader(reached.connection, index),
    journal: journalReader(reached.connection, index),
  });
});
afterAll(() => world.stop());

describe("a scheduled message", () => {
  test("waits for its time, and shows when that is, without its data", async () => {
    const { message } = await schedule();
    const { messages: found } = await messages.search(message.partitionkey);
    expect(found).toMatchObject([{ id: message.id, state: "scheduled" }]);
    const told = await messages.message({ id: message.id });
    expect(told?.steps.find(({ what }) => what === "scheduled")).toMatchObject({
      told: "schedules",
      text: expect.stringMatching(
        /^Scheduled by note-taker under the key note-\d+, for 2030-.*: it waits\.$/,
      ),
    });
    expect(JSON.stringify([found, told])).not.toContain("4111-secret");
  });

  test("that is moved has its new time", async () => {
    const { message, item } = await schedule();
    await messages.search("");
    await commit([moveWrite(SCHEDULES, item, Date.parse("2031-01-01"))]);
    const told = await messages.message({ id: message.id });
    expect(told?.steps.map(({ text }) => text).join()).toContain("for 2031-01-01");
  });

  test("that leaves the schedules for the outbox was sent", async () => {
    const { message, item } = await schedule();
    await messages.search("");
    await commit([removeWrite(SCHEDULES, item)]);
    await put("outbox", anOutboxRow({ messages: [message] }));
    const told = await messages.message({ id: message.id });
    expect(told?.message.state).toBe("outbox");
    expect(told?.steps.map(({ text }) => text)).toContain("Its time came: it went to the outbox.");
  });

  test("that leaves them for nowhere was canceled", async () => {
    const { message, item } = await schedule();
    await messages.search("");
    await commit([removeWrite(SCHEDULES, item)]);
    const told = await messages.message({ id: message.id });
    expect(told?.message.state).toBe("canceled");
    expect(told?.steps.map(({ what }) => what)).toContain("canceled");
  });

  test("is told while its table holds an item that another release wrote", async () => {
    await put(SCHEDULES, { id: "other#1", form: 99 });
    const { message } = await schedule();
    expect((await messages.search(message.partitionkey)).messages).toMatchObject([{ state: "scheduled" }]);
  });
});

describe("the processes of a flow", () => {
  test("are told with the status of the item, and with what they wait for", async () => {
    const { message, item, key } = await schedule();
    await put("notes", { id: key, version: 3, status: "waiting-for-payment", cents: 4_111 });
    const flow = await messages.correlation(message.correlationid);
    expect(flow?.processes).toEqual([
      {
        ...{ process: "note-taker", key, state: "waiting-for-payment" },
        ...{ at: item.createdAt, dueAt: item.due },
      },
    ]);
    await commit([removeWrite(SCHEDULES, item)]);
    expect((await messages.correlation(message.correlationid))?.processes).toEqual([
      { process: "note-taker", key, state: "waiting-for-payment" },
    ]);
  });

  test("are told beside a table whose key has another form, and one that cannot be read is named", async () => {
    const { message, key } = await schedule();
    await put("notes", { id: key, version: 3, status: "new" });
    const [queue] = reached.queues;
    if (!queue) throw new Error("a queue");
    const tables = { ...queue, stateTables: ["outbox", "gone", "notes"] };
    const read = await processesOf({ ...reached, queues: [tables] }, [{ fields: message, deliveries: [] }]);
    expect(read.processes).toMatchObject([{ key, state: "new" }]);
    expect(read.missing).toEqual(["Processes were not read: ResourceNotFoundException."]);
  });

  test("are none where the item has no status", async () => {
    const { message, key } = await schedule();
    await put("notes", { id: key, version: 1 });
    expect((await messages.correlation(message.correlationid))?.processes).toBeUndefined();
  });
});

describe("the effects of a consumer", () => {
  test("are told by the records whose key names the message's key, and no longer one", async () => {
    const { dynamodb } = world.clients;
    const leases = leaseTable({ table: "evidence", graceMs: 0, client: dynamodb });
    const untilMs = Date.now() + 60_000;
    const acquire = async (key: string) => {
      const about = { consumer: "note-taker", key };
      const acquired = await leases.acquire({ id: `effect:${key}`, untilMs, about });
      if (acquired.kind !== "granted") throw new Error(acquired.kind);
      return acquired.lease;
    };
    await (await acquire("ship:order-7")).settle({ card: "4111-secret" });
    await acquire("pay:order-7");
    await (await acquire("call:order-7")).release();
    await acquire("ship:order-71");
    const { steps } = await effectSteps(reached, reached.queues, "order-7");
    expect(steps.map(({ text }) => text).sort()).toEqual([
      "Effect call:order-7 of NoteTaker: not performed.",
      `Effect pay:order-7 of NoteTaker: being performed, until ${new Date(untilMs).toISOString()} at most.`,
      "Effect ship:order-7 of NoteTaker: its result is recorded, so it is not performed again.",
    ]);
    expect(JSON.stringify(steps)).not.toContain("4111-secret");
    const later = await effectSteps(reached, reached.queues, "order-7", () => untilMs + 1);
    expect(later.steps.map(({ text }) => text).join()).toContain("the next delivery asks what became of it");
  });
});

async function schedule() {
  const key = `note-${++nth}`;
  const message = anEnvelope({
    ...{ type: overdue, partitionkey: key, correlationid: `flow-${nth}`, data: { card: "4111-secret" } },
  }) as Envelope & { partitionkey: string; correlationid: string };
  const write = putWrite(SCHEDULES, {
    ...{ id: itemId("note-taker", key), key, message },
    dueMs: Date.parse("2030-01-01"),
  });
  await commit([write]);
  if (!("Put" in write) || !write.Put?.Item) throw new Error("a put");
  return { key, message, item: readScheduledItem(write.Put.Item) };
}

async function commit(writes: readonly Write[]): Promise<void> {
  await world.clients.dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [...writes] }));
}

async function put(TableName: string, item: Record<string, unknown>): Promise<void> {
  const Item = marshall(item, { removeUndefinedValues: true });
  await world.clients.dynamodb.send(new PutItemCommand({ TableName, Item }));
}
