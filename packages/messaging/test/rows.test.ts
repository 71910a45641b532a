import { setTimeout as sleep } from "node:timers/promises";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import type { Delivery } from "../src/commit/delivery.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { type RowsOptions, rows } from "../src/commit/rows.ts";
import { rowsEvidence } from "../src/commit/rows-evidence.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { evidenceId, newId } from "../src/core/ids.ts";
import { Park, StateMoved } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";
import { digestOf } from "../src/envelope/digest.ts";
import type { Envelope } from "../src/envelope/envelope.ts";
import { asciiJson } from "../src/envelope/envelope.ts";
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
let counterId: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  counterId = newId();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a consumer with evidence as rows", () => {
  it("G1, G2: commits state, evidence and outgoing message together", async () => {
    const message = anAdded({ amount: 5 });
    expect(await receive(message)).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(5);
    expect(await evidenceOf(message)).toMatchObject({
      consumer: "count",
      source: message.source,
      messageId: message.id,
    });
    expect(await outboxOf(message)).toMatchObject([
      { type: "tests.counted.v1", causationid: message.id, data: { count: 5 } },
    ]);
  });

  it("G2, G7: evidence names consumer, message and digest, and lives 60 days; without a caller it has no receipt", async () => {
    const message = anAdded({ amount: 5 });
    const before = Math.floor(Date.now() / 1_000);
    await receive(message);
    const { expiresAt, processedAt, id, ...said } = (await evidenceOf(message)) ?? {};
    expect(said).toEqual({
      consumer: "count",
      source: message.source,
      messageId: message.id,
      ...digestOf(message),
    });
    expect(id).toBe(evidenceId({ consumer: "count", message }));
    const days = (Number(expiresAt) - before) / 86_400;
    expect(days).toBeGreaterThanOrEqual(60);
    expect(days).toBeLessThan(60.01);
    expect(Math.abs(Date.parse(String(processedAt)) / 1_000 - before)).toBeLessThan(600);
  });

  it.each([
    ["that are ready within the wait", { groupCommit: { lingerMs: 10_000 } }, 1],
    ["not when each is to be alone", { groupCommit: false }, 2],
  ])("two messages of a batch share a transaction %s", async (_when, options, transactions) => {
    const messages = [1, 2].map((amount) => ({ ...anAdded({ amount }), data: { counter: newId(), amount } }));
    const requests = watchRequests(dynamodb());
    await handler(options)(anSqsEvent(...messages.map((one) => anSqsRecord(asciiJson(one)))), aContext());
    expect(requests.stop().filter((one) => one.startsWith("TransactWriteItems"))).toHaveLength(transactions);
  });

  it("two messages of a batch share a transaction as long as one waits for the other, and no longer", async () => {
    const transactionsOf = async (groupCommit: { readonly lingerMs: number }) => {
      const requests = watchRequests(dynamodb());
      const transactions = () => requests.seen.filter((one) => one.startsWith("TransactWriteItems")).length;
      const late = consumer(contract({ name: "late", accepts: [Added], publishes: [Counted] }))
        .use(idempotency({ evidence: rows({ groupCommit }) }))
        .handler(async ({ data }, unit) => {
          const isSecond = data.amount > 1;
          if (isSecond && groupCommit.lingerMs === 1) await vi.waitUntil(transactions, { timeout: 60_000 });
          else if (isSecond) await sleep(50);
          unit.write(aPut(newId(), 1));
        });
      const records = [1, 2].map((amount) => anSqsRecord(asciiJson({ ...anAdded({ amount }), id: newId() })));
      await late(anSqsEvent(...records), aContext());
      requests.stop();
      return transactions();
    };
    expect(await transactionsOf({ lingerMs: 10_000 })).toBe(1);
    expect(await transactionsOf({ lingerMs: 1 })).toBe(2);
  });

  it("G2: applies the effect once when the message is delivered five times at once", async () => {
    const message = anAdded({ amount: 5 });
    const responses = await Promise.all(Array.from({ length: 5 }, () => receive(message)));
    expect(responses).toEqual(Array.from({ length: 5 }, () => ({ batchItemFailures: [] })));
    expect(await count()).toBe(5);
    expect(await outboxOf(message)).toHaveLength(1);
  });

  it("G2: applies the effect once when the message comes twice in one batch", async () => {
    const body = asciiJson(anAdded({ amount: 5 }));
    expect(await handler()(anSqsEvent(anSqsRecord(body), anSqsRecord(body)), aContext())).toEqual({
      batchItemFailures: [],
    });
    expect(await count()).toBe(5);
  });

  it("D1: applies the effect once when the response to the commit is lost and the SDK tries again", async () => {
    faults = injectFaults(dynamodb(), {
      command: "TransactWriteItemsCommand",
      moment: "after",
      attempts: [1],
    });
    const message = anAdded({ amount: 5 });
    expect(await receive(message)).toEqual({ batchItemFailures: [] });
    expect(faults.attempts).toHaveLength(2);
    expect(await count()).toBe(5);
  });

  it("G2: finds its own evidence when every response to the commit is lost", async () => {
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "after" });
    const message = anAdded({ amount: 5 });
    expect(await receive(message)).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(5);
    expect(await outboxOf(message)).toHaveLength(1);
  });

  it("G2: a duplicate whose handler refuses the state that the first run left is a duplicate, not a failure", async () => {
    const message = anAdded({ amount: 5 });
    const once = consumer(contract({ name: "once", accepts: [Added], publishes: [Counted] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async ({ data }, unit) => {
        if (await counters().get(data.counter)) throw new Park("COUNTED", "there is a count already");
        unit.write(counters().save({ id: data.counter, version: 0, count: data.amount }));
      });
    const event = anSqsEvent(anSqsRecord(asciiJson(message)));
    expect(await once(event, aContext())).toEqual({ batchItemFailures: [] });
    expect(await once(event, aContext())).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(5);
    expect(await world.drain(deadLetters())).toEqual([]);
  });

  it("looks for evidence before it runs a redelivered message", async () => {
    const message = anAdded({ amount: 5 });
    await receive(message);
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    expect(await receive(message, { receiveCount: 2 })).toEqual({ batchItemFailures: [] });
    expect(faults.attempts).toEqual([]);
  });

  it("G2: applies the effect on redelivery when the commit never arrived", async () => {
    faults = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment: "before" });
    const message = anAdded({ amount: 5 });
    expect((await receive(message)).batchItemFailures).toHaveLength(1);
    expect(await count()).toBeUndefined();
    faults.remove();
    expect(await receive(message, { receiveCount: 2 })).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(5);
  });

  it("D6: runs the handler again on fresh state when another message changed it first", async () => {
    const messages = [1, 2, 3, 4, 5].map((amount) => anAdded({ amount }));
    const records = messages.map((message) => anSqsRecord(asciiJson(message)));
    expect(await handler()(anSqsEvent(...records), aContext())).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(15);
  });

  it("D6: takes turns for an item also where the messages are of other keys, so each loses one race at most", async () => {
    const messages = [1, 2, 3, 4, 5].map((amount) => ({
      ...anAdded({ amount }),
      partitionkey: `key-${amount}`,
    }));
    const records = messages.map((message) => anSqsRecord(asciiJson(message)));
    const requests = watchRequests(dynamodb());
    expect(await handler()(anSqsEvent(...records), aContext())).toEqual({ batchItemFailures: [] });
    expect(requests.stop().filter((one) => one.startsWith("GetItem")).length).toBeLessThanOrEqual(9);
    expect(await count()).toBe(15);
  });

  it.each([["ConditionalCheckFailed"], ["TransactionConflict"]])(
    "D6: names the item that another was faster at, for which those of one process take turns: %s",
    (Code) => {
      const { judge } = rowsEvidence({ table: "", client: dynamodb });
      const unit = { actions: [], items: new Set(["evidence a", "notes b", "notes c"]), bytes: 0 };
      let item: string | undefined;
      try {
        const outcome = judge([{ Code: "None" }, {}, { Code }], {} as Delivery, unit);
        if (outcome.kind === "transient") item = outcome.item;
      } catch (error) {
        if (error instanceof StateMoved) item = error.item;
      }
      expect(item).toBe("notes c");
    },
  );

  it("G2: a conflict about the evidence is with another delivery of the message; any other is told as it is", () => {
    const { judge } = rowsEvidence({ table: "", client: dynamodb });
    const unit = { actions: [], items: new Set(["evidence a", "notes b", "notes c"]), bytes: 0 };
    const judged = (...codes: string[]) =>
      judge(
        codes.map((Code) => ({ Code })),
        {} as Delivery,
        unit,
      );
    const kind = "transient";
    expect([
      judged("TransactionConflict", "None", "None"),
      judged("None", "ThrottlingError", "TransactionConflict"),
    ]).toEqual([
      { kind, code: "IN_PROGRESS", item: "evidence a" },
      { kind, code: "ThrottlingError", item: "notes b" },
    ]);
  });

  it("D15: parks a message that has the id of another and other data, and changes nothing", async () => {
    const message = anAdded({ amount: 5 });
    await receive(message);
    expect(await receive({ ...message, data: { counter: counterId, amount: 500 } })).toEqual({
      batchItemFailures: [],
    });
    expect(await count()).toBe(5);
    expect(await world.drain(deadLetters())).toMatchObject([
      { attributes: { ReasonCode: "ID_REUSED", Consumer: "count" } },
    ]);
  });

  it("D8: parks a unit of work of more than 100 actions by name", async () => {
    const message = anAdded({ amount: 0 });
    const tooMany = consumer(contract({ name: "too-many", accepts: [Added], publishes: [Counted] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async (_message, unit) => {
        for (let n = 0; n < 100; n++) unit.write(counters().save({ id: newId(), version: 0, count: n }));
      });
    expect(await tooMany(anSqsEvent(anSqsRecord(asciiJson(message))), aContext())).toEqual({
      batchItemFailures: [],
    });
    expect(await world.drain(deadLetters())).toMatchObject([
      {
        attributes: {
          ReasonCode: "TOO_MANY_WRITES",
          ReasonDetail: "101 actions, at most 100 fit in a transaction",
        },
      },
    ]);
  });

  it.each([
    [
      "ITEM_TWICE",
      (id: string) => [
        counters().save({ id, version: 0, count: 1 }),
        counters().save({ id, version: 0, count: 2 }),
      ],
    ],
    ["ITEM_TOO_LARGE", (id: string) => [aPut(id, 500_000)]],
    ["UNIT_TOO_LARGE", (id: string) => Array.from({ length: 11 }, (_, n) => aPut(`${id}-${n}`, 400_000))],
  ])("G5, G11: parks %s and commits the neighbour in its batch", async (code, writesOf) => {
    const [good, bad] = [anAdded({ amount: 1 }), anAdded({ amount: 2 })];
    const large = consumer(contract({ name: "large", accepts: [Added], publishes: [Counted] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async ({ data }, unit) => {
        if (data.amount === 1) unit.write(counters().save({ id: counterId, version: 0, count: 1 }));
        else unit.write(...writesOf(newId()));
      });
    const records = [bad, good].map((message) => anSqsRecord(asciiJson(message)));
    expect(await large(anSqsEvent(...records), aContext())).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(1);
    expect(await world.drain(deadLetters())).toMatchObject([{ attributes: { ReasonCode: code } }]);
  });

  it.each([
    ["rows", () => rows()],
    ["inline", () => inline({ table: world.output("StandardTable"), itemOf: () => counterId })],
  ])("G6: parks a message whose condition holds in no attempt, and says so: %s", async (_form, store) => {
    await receive(anAdded({ amount: 5 }));
    const create: Write = {
      Put: {
        TableName: world.output("StandardTable"),
        Item: { id: { S: counterId } },
        ConditionExpression: "attribute_not_exists(id)",
      },
    };
    const creating = consumer(contract({ name: "create", accepts: [Added] }))
      .use(idempotency({ evidence: store() }))
      .handler(async (_message, unit) => unit.write(create));
    const record = anSqsRecord(asciiJson(anAdded({ amount: 1 })));
    const attemptsMax = Number(process.env.MAX_RECEIVE_COUNT);
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const attributes = { ...record.attributes, ApproximateReceiveCount: String(attempt) };
      const { batchItemFailures } = await creating(anSqsEvent({ ...record, attributes }), aContext());
      expect(batchItemFailures).toHaveLength(attempt < attemptsMax ? 1 : 0);
    }
    const [{ attributes } = { attributes: {} }] = await world.drain(deadLetters());
    expect(attributes).toMatchObject({ ReasonCode: "CONDITION_FAILED" });
    expect(await count()).toBe(5);
  });

  it("a consumer that collects work without a middleware that commits it fails loudly", async () => {
    const forgetful = consumer(
      contract({ name: "forgetful", accepts: [Added], publishes: [Counted] }),
    ).handler(async (_message, unit) => {
      unit.publish(Counted.from({ count: 1 }));
    });
    const response = await forgetful(anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 1 })))), aContext());
    expect(response.batchItemFailures).toHaveLength(1);
  });
});

function counters() {
  return versionedTable<Counter>(world.output("StandardTable"));
}

function handler(options: RowsOptions = {}) {
  return consumer(contract({ name: "count", accepts: [Added], publishes: [Counted] }))
    .use(idempotency({ evidence: rows(options) }))
    .handler(async (message, unit) => {
      const counter = (await counters().get(message.data.counter)) ?? {
        id: message.data.counter,
        version: 0,
        count: 0,
      };
      const count = counter.count + message.data.amount;
      unit.write(counters().save({ ...counter, count }));
      unit.publish(Counted.from({ count }));
    });
}

function receive(message: Envelope, options: { receiveCount?: number } = {}) {
  return handler()(anSqsEvent(anSqsRecord(asciiJson(message), options)), aContext());
}

function aPut(id: string, bytes: number): Write {
  return {
    Put: {
      TableName: world.output("StandardTable"),
      Item: { id: { S: id }, text: { S: "x".repeat(bytes) } },
    },
  };
}

function anAdded({ amount }: { amount: number }): Envelope {
  return anEnvelope({ type: Added.type, data: { counter: counterId, amount } });
}

async function count(): Promise<number | undefined> {
  return (await world.get(world.output("StandardTable"), counterId))?.count as number | undefined;
}

async function evidenceOf(message: Envelope) {
  return (await world.items(world.output("StandardEvidenceTable"))).find(
    (item) => item.messageId === message.id,
  );
}

async function outboxOf(message: Envelope): Promise<Envelope[]> {
  const items = await world.items(world.output("OrderedOutboxTable"));
  const bodies = items.flatMap((item) => item.messages as string[]);
  return bodies.map((body) => JSON.parse(body) as Envelope).filter((sent) => sent.causationid === message.id);
}

function deadLetters(): string {
  return world.output("StandardDeadLetterQueueUrl");
}
