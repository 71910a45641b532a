// Evidence of every form, written where all services kept it, and looked for in the tables of the services: by the same
// handlers, as they are after the move.
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import { attemptStore } from "@essentially-once/messaging/internal/receive/attempt-store";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { faultAtCall } from "@essentially-once/testing/fault-at-call";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { aContext, anSqsEvent, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { ConsumerQueue } from "../../src/dead-letters/consumer-queues.ts";
import { discard } from "../../src/dead-letters/discard.ts";
import { type Copied, copyEvidence } from "../../src/evidence/copy.ts";
import { type MovePlan, movePlan } from "../../src/evidence/plan.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ account: z.string() }),
  key: ({ account }) => account,
});

interface Account extends Versioned {
  readonly payments: number;
}

let world: DeadLetterWorld;
let plan: MovePlan;
let lineQueue: ConsumerQueue;
let deskQueue: ConsumerQueue;
let trouble: Error | undefined;
let performed = 0;

const former = "evidence";
const [desk, line] = ["desk-evidence", "line-evidence"];

beforeAll(async () => {
  world = await aDeadLetterWorld();
  for (const TableName of [desk, line]) {
    await world.clients.dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
  }
  lineQueue = await world.aQueue({ fifo: true });
  deskQueue = { ...(await world.aQueue()), name: "pay-rows" };
  const moved = (names: readonly string[]) => JSON.stringify({ names, timeoutSeconds: 5 });
  plan = movePlan({
    Foundation: { FormerEvidence: former, JournalTable: "journal" },
    Desk: {
      DeskEvidenceTable: desk,
      DeskEvidenceMove: moved(["pay-rows", "pay-inline", "pay-once", "pay-outside", "ask"]),
      PayRowsQueueUrl: deskQueue.queueUrl,
    },
    Line: {
      LineEvidenceTable: line,
      LineEvidenceMove: moved(["pay-line"]),
      PayLineQueueUrl: lineQueue.queueUrl,
    },
  });
});
afterAll(() => world.stop());

describe("G2: what took effect before the move takes none after it", () => {
  const payments: Readonly<Record<string, readonly Envelope[]>> = {
    "pay-rows": [aPayment("rows")],
    "pay-once": [aPayment("once")],
    "pay-inline": Array.from({ length: 22 }, () => aPayment("inline")), // some have left the item
    "pay-outside": [aPayment("outside")],
  };
  const lost = aPayment("lost");
  const discarded = aPayment("discarded");
  const [parked, behind] = [aPayment("line"), aPayment("line")];
  const failing = anSqsRecord(asciiJson(aPayment("failing")));

  beforeAll(async () => {
    process.env.EVIDENCE_TABLE = former;
    for (const [name, messages] of Object.entries(payments)) {
      await receive(name, ...messages);
    }
    expect(await ask()).toEqual({ payments: 1 });
    trouble = new Error("no");
    await receive("pay-once", lost);
    await (await handlerOf("pay-rows"))(anSqsEvent(failing), aContext());
    trouble = new Park("REFUSED", "no");
    await receiveInLine(parked);
    trouble = undefined;
    await receiveInLine(behind);
    await world.park(deskQueue, asciiJson(discarded));
    await discard(world.clients, {
      queues: [{ ...deskQueue, evidenceTable: former }],
      matches: ({ id }) => id === discarded.id,
      because: "a test",
      dryRun: false,
    });

    await expect(copyAndDie(7)).rejects.toThrow();
    const half = (await world.items(desk)).length;
    const second = await copy();
    expect(second.there).toBeGreaterThanOrEqual(half);
    const third = await copy();
    expect({ ...third, left: [...third.left] }).toMatchObject({ read: second.read, copied: 0, left: [] });
    process.env.EVIDENCE_TABLE = desk;
    vi.resetModules(); // as another process, which remembers nothing of what it wrote
  });

  it.each(Object.keys(payments))("%s: a redelivery is a duplicate", async (name) => {
    const account = name.replace("pay-", "");
    const before = await paymentsOf(account);
    expect(before).toBe(payments[name]?.length);
    await receive(name, ...(payments[name] ?? []));
    expect(await paymentsOf(account)).toBe(before);
    expect(performed).toBe(1);
  });

  it("G8: an effect outside is not performed again, also for another message", async () => {
    await receive("pay-outside", aPayment("outside"));
    expect(performed).toBe(1);
  });

  it("G9: what was lost stays lost", async () => {
    await receive("pay-once", lost);
    expect(await paymentsOf("lost")).toBe(undefined);
  });

  it("an idempotency key still has its answer", async () => {
    expect(await ask()).toEqual({ payments: 1 });
    expect(await paymentsOf("asked")).toBe(1);
  });

  it("G6: what an operator discarded takes no effect", async () => {
    await receive("pay-rows", discarded);
    expect(await paymentsOf("discarded")).toBe(undefined);
  });

  it("G5: attempts are counted on", async () => {
    for (const table of [desk, line]) {
      const again = { ...failing, attributes: { ...failing.attributes, ApproximateReceiveCount: "2" } };
      expect((await attemptStore({ table }).lastRuns([again])).get(failing.messageId)).toBe("ended");
    }
  });

  it("G4: a held line still holds, and goes on in order", async () => {
    process.env.EVIDENCE_TABLE = line;
    await receiveInLine(aPayment("line"));
    expect(await paymentsOf("line")).toBe(undefined);
    await receiveInLine(parked);
    await receiveInLine(behind);
    expect(await paymentsOf("line")).toBe(2);
  });

  it("each service has its own items, and none of another", async () => {
    const owners = async (table: string) =>
      new Set((await world.items(table)).map((item) => item.consumer ?? item.queue ?? "anybody's"));
    expect(await owners(line)).toEqual(new Set(["pay-line", nameOf(lineQueue), "anybody's"]));
    expect(await owners(desk)).toEqual(
      new Set(["pay-rows", "pay-once", "pay-inline", "pay-outside", "ask", "anybody's"]),
    );
  });
});

it("G2: it may die at any call: made again, it has copied all", async () => {
  const dynamodb = new DynamoDBClient({ maxAttempts: 1 }); // as if the SDK had given up
  await empty(desk, line);
  const counted = faultAtCall(dynamodb);
  await copyEvidence(dynamodb, plan);
  counted.remove();
  const whole = await everythingIn(desk, line);
  for (let nth = 1; nth <= counted.calls.length; nth += 5) {
    await empty(desk, line);
    const dying = faultAtCall(dynamodb, { nth, fault: nth % 2 === 0 ? "down" : "mute" });
    await expect(copyEvidence(dynamodb, plan)).rejects.toThrow();
    dying.remove();
    await copyEvidence(dynamodb, plan);
    expect(await everythingIn(desk, line)).toEqual(whole);
  }
  dynamodb.destroy();
});

it("G2: evidence that is newer than the copy is not overwritten", async () => {
  const id = "written by the new function";
  await world.clients.dynamodb.send(put(former, id, "old"));
  await world.clients.dynamodb.send(put(desk, id, "new"));
  await copy();
  expect((await world.items(desk)).find((item) => item.id === id)?.receipt).toBe("new");
});

it("G6: evidence of a function that no service has is counted under its name", async () => {
  await world.clients.dynamodb.send(put(former, "of nobody", "", "pay-by-post"));
  expect((await copy()).left).toEqual(new Map([["pay-by-post", 1]]));
});

async function handlerOf(name: string) {
  const { consumer } = await import("@essentially-once/messaging/consumer");
  const { effects } = await import("@essentially-once/messaging/effect");
  return consumer(contract({ name, accepts: [Paid] }))
    .use(await evidenceOf(name))
    .use(effects())
    .handler(async ({ data: { account } }, unit, { effect }) => {
      if (trouble) throw trouble;
      if (name === "pay-outside") await effect(account, { perform: async () => (performed += 1) });
      unit.write(await onePaymentMore(account));
    });
}

async function evidenceOf(name: string): Promise<MessageMiddleware> {
  const { atMostOnce } = await import("@essentially-once/messaging/at-most-once");
  const { idempotency } = await import("@essentially-once/messaging/idempotency");
  const { inline } = await import("@essentially-once/messaging/inline");
  const { rows } = await import("@essentially-once/messaging/rows");
  if (name === "pay-once") return atMostOnce();
  return idempotency({
    evidence: name === "pay-inline" ? inline({ table: world.stateTable, window: 1 }) : rows(),
  });
}

async function onePaymentMore(id: string) {
  const accounts = versionedTable<Account>(world.stateTable);
  const before = (await accounts.get(id)) ?? { id, version: 0, payments: 0 };
  return accounts.save({ ...before, payments: before.payments + 1 });
}

function aPayment(account: string): Envelope {
  return anEnvelope({ type: Paid.type, partitionkey: account, data: { account } });
}

async function receive(name: string, ...messages: readonly Envelope[]): Promise<void> {
  const records = messages.map((message) => anSqsRecord(asciiJson(message)));
  const handler = await handlerOf(name);
  expect(await handler(anSqsEvent(...records), aContext())).toEqual({ batchItemFailures: [] });
}

async function receiveInLine(message: Envelope): Promise<void> {
  const record = anSqsRecord(asciiJson(message), { queueName: nameOf(lineQueue), group: "line" });
  Object.assign(process.env, {
    QUEUE_URL: lineQueue.queueUrl,
    DEAD_LETTER_QUEUE_URL: lineQueue.deadLetterQueueUrl,
  });
  const handler = await handlerOf("pay-line");
  expect(await handler(anSqsEvent(record), aContext())).toEqual({ batchItemFailures: [] });
}

async function ask(): Promise<unknown> {
  const { endpoint } = await import("@essentially-once/messaging/endpoint");
  const handler = endpoint(contract({ name: "ask", accepts: [Paid] }))
    .use(await evidenceOf("ask"))
    .handler(async ({ data: { account } }, unit) => {
      unit.write(await onePaymentMore(account));
      return { payments: 1 };
    });
  const { body = "{}" } = await handler(aPost({ account: "asked" }, { "idempotency-key": "k" }), aContext());
  return JSON.parse(body);
}

function copy(): Promise<Copied> {
  return copyEvidence(world.clients.dynamodb, plan);
}

async function empty(...tables: readonly string[]): Promise<void> {
  for (const TableName of tables) {
    for (const { id } of await world.items(TableName)) {
      const Key = { id: { S: `${id}` } };
      await world.clients.dynamodb.send(new DeleteItemCommand({ TableName, Key }));
    }
  }
}

/** By table and id. */
async function everythingIn(...tables: readonly string[]): Promise<Record<string, unknown>> {
  const all = await Promise.all(
    tables.map(async (table) =>
      (await world.items(table)).map((item) => [`${table} ${item.id}`, item] as const),
    ),
  );
  return Object.fromEntries(all.flat());
}

/** Every request is lost from the nth on. */
async function copyAndDie(nth: number): Promise<Copied> {
  const { dynamodb } = world.clients;
  const fault = faultAtCall(dynamodb, { nth, fault: "down" });
  return copy().finally(fault.remove);
}

async function paymentsOf(account: string): Promise<unknown> {
  return (await world.items(world.stateTable)).find(({ id }) => id === account)?.payments;
}

function put(TableName: string, id: string, receipt: string, owner = "pay-rows"): PutItemCommand {
  return new PutItemCommand({
    TableName,
    Item: { id: { S: id }, consumer: { S: owner }, receipt: { S: receipt } },
  });
}

function nameOf({ queueUrl }: ConsumerQueue): string {
  return queueUrl.split("/").at(-1) ?? "";
}
