import {
  ProvisionedThroughputExceededException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { type InlineOptions, inline } from "../src/commit/inline.ts";
import { rows } from "../src/commit/rows.ts";
import { remember } from "../src/commit/seen-evidence.ts";
import { unitOfWork, type Write } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";
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
let counterId: string;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(async () => {
  counterId = newId();
  await world.put(table(), { id: counterId, version: 1, count: 0 });
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a consumer with evidence inline", () => {
  it("G1, G2: commits state, evidence and outgoing message with one write of one item", async () => {
    const message = anAdded({ amount: 5 });
    const requests = watchRequests(dynamodb());
    expect(await receive(message)).toEqual({ batchItemFailures: [] });
    expect(requests.stop()).toEqual(["GetItem 1", "UpdateItem 1"]);
    const item = await itemNow();
    expect(item).toMatchObject({ count: 5, version: 2 });
    expect((item.eo_outbox as string[]).map((text) => JSON.parse(text))).toMatchObject([
      { type: "tests.counted.v1", causationid: message.id, data: { count: 5 } },
    ]);
  });

  it("G2: applies the effect once when the message is delivered five times at once", async () => {
    const message = anAdded({ amount: 5 });
    const responses = await Promise.all(Array.from({ length: 5 }, () => receive(message)));
    expect(responses).toEqual(Array.from({ length: 5 }, () => ({ batchItemFailures: [] })));
    expect(await count()).toBe(5);
  });

  it("G2: applies the effect once when the item is made by the message", async () => {
    const message = anEnvelope(Added.from({ counter: newId(), amount: 5 }));
    await Promise.all(Array.from({ length: 3 }, () => receive(message)));
    expect(await world.get(table(), message.partitionkey)).toMatchObject({ count: 5, version: 1 });
  });

  it.each([[[1]], ["all" as const]])(
    "D1: applies the effect once when the response to attempts %s is lost",
    async (attempts) => {
      faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts });
      expect(await receive(anAdded({ amount: 5 }))).toEqual({ batchItemFailures: [] });
      expect(await count()).toBe(5);
    },
  );

  it("D1: finds the commit whose response was lost in the old item, without a second run", async () => {
    faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "after", attempts: [1] });
    const requests = watchRequests(dynamodb());
    await receive(anAdded({ amount: 5 }));
    expect(requests.stop()).toEqual(["GetItem 1"]); // and the write, which ended in a failed condition
    expect(faults.attempts).toHaveLength(2);
  });

  it("G2: applies the effect on redelivery when the commit never arrived", async () => {
    faults = injectFaults(dynamodb(), { command: "UpdateItemCommand", moment: "before" });
    const message = anAdded({ amount: 5 });
    expect((await receive(message)).batchItemFailures).toHaveLength(1);
    expect(await count()).toBe(0);
    faults.remove();
    await receive(message, { receiveCount: 2 });
    expect(await receive(message, { receiveCount: 3 })).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(5);
  });

  it.each<[string, unknown]>([
    ["is empty", ""],
    ["is too long", "x".repeat(2_049)],
    ["is no string", 5],
    ["is missing", undefined],
    ["has half a character", "a\ud800"],
  ])("G5: of a redelivered batch, only the message whose item's name %s is parked", async (_what, bad) => {
    let isDown = true;
    const named = anInlineConsumer({ itemOf: ({ data }) => (data as { counter: string }).counter })
      .use({
        before: () => {
          if (isDown) throw new RetryLater("DOWN", 1, { waited: true });
        },
      })
      .handler(async ({ data }, unit) =>
        unit.write(counters().save({ id: data.counter, version: 0, count: 1 })),
      );
    const good = Array.from({ length: 3 }, newId);
    const messages = [...good, bad].map((counter) =>
      anEnvelope({ type: Added.type, partitionkey: "k", data: { counter, amount: 1 } }),
    );
    const batch = (receiveCount: number) =>
      anSqsEvent(...messages.map((one) => anSqsRecord(asciiJson(one), { receiveCount })));
    await named(batch(1), aContext());
    isDown = false;
    await named(batch(2), aContext());
    for (const id of good) expect(await world.get(table(), id)).toMatchObject({ count: 1 });
    const dead = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(dead.map(({ attributes }) => attributes.ReasonCode)).toEqual([
      typeof bad === "string" ? "VALUE_UNSTORABLE" : "DATA_INVALID",
    ]);
  });

  it("D6: runs the handler again on fresh state when another message changed it first", async () => {
    const records = [1, 2, 3, 4].map((amount) => anSqsRecord(asciiJson(anAdded({ amount }))));
    expect(await handler()(anSqsEvent(...records), aContext())).toEqual({ batchItemFailures: [] });
    expect(await count()).toBe(10);
  });

  it.each([
    [1, 1],
    [2, 2],
  ])(
    "D6: after %i conflicts with a transaction its handler has run %i times, for one effect",
    async (conflicts, runs) => {
      let [left, ran] = [conflicts, 0];
      refuseUpdates(() => (left-- > 0 ? conflict() : undefined));
      const counting = anInlineConsumer().handler(async ({ data }, unit) => {
        ran++;
        const counter = await counters().get(data.counter);
        if (counter) unit.write(counters().save({ ...counter, count: counter.count + data.amount }));
      });
      const event = anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 5 }))));
      expect(await counting(event, aContext())).toEqual({ batchItemFailures: [] });
      expect(ran).toBe(runs);
      expect(await count()).toBe(5);
    },
  );

  it.each([
    ["fails on its condition", "CONTENDED", undefined],
    ["meets transactions again and again", "TransactionConflict", conflict],
  ] as const)(
    "D6: a write that %s names its item, for which those of one process take turns",
    async (_what, code, error) => {
      const message = anAdded({ amount: 5 });
      const unit = unitOfWork({ contract: { name: "count", publishes: [] }, cause: message });
      unit.write({
        Update: {
          TableName: table(),
          Key: { id: { S: counterId } },
          UpdateExpression: "REMOVE a",
          ConditionExpression: "attribute_exists(nothing)",
        },
      });
      refuseUpdates(() => error?.());
      const delivery = { consumer: "count", message, unit, deadlineMs: Date.now() + 5_000 };
      const committed = inline({ table: table() }).commit(delivery, undefined);
      const item = `${table()} ${counterId}`;
      await expect(committed).rejects.toMatchObject({ name: "StateMoved", code, item });
    },
  );

  it("G11: a throttle that lasts is a wait, after five tries, and says which it was", async () => {
    let tries = 0;
    refuseUpdates(() => {
      tries++;
      return new ProvisionedThroughputExceededException({ message: "slow", $metadata: {} });
    });
    const lines = await linesOf(() => receive(anAdded({ amount: 5 })));
    expect(tries).toBe(5);
    expect(lines.find(({ code }) => code === "RETRY_LATER")).toMatchObject({
      errorCode: "ProvisionedThroughputExceeded",
      waitedSeconds: expect.any(Number),
    });
  });

  it("D15: parks a message that has the id of another and other data, and changes nothing", async () => {
    const message = anAdded({ amount: 5 });
    await receive(message);
    await receive({ ...message, data: { counter: counterId, amount: 500 } });
    expect(await count()).toBe(5);
    expect(await reasons()).toEqual(["ID_REUSED"]);
  });

  it("G2: a duplicate whose handler refuses the state that the first run left is a duplicate", async () => {
    const message = anAdded({ amount: 5 });
    const once = anInlineConsumer().handler(async ({ data }, unit) => {
      const counter = await counters().get(data.counter);
      if (counter === undefined || counter.count > 0) throw new Park("COUNTED", "there is a count already");
      unit.write(counters().save({ ...counter, count: data.amount }));
    });
    const event = anSqsEvent(anSqsRecord(asciiJson(message)));
    await once(event, aContext());
    expect(await once(event, aContext())).toEqual({ batchItemFailures: [] });
    expect(await reasons()).toEqual([]);
  });

  it("G2: a write without a condition of its own takes effect once, also in a process that knows nothing", async () => {
    const message = anAdded({ amount: 5 });
    const blind = anInlineConsumer().handler(async ({ data }, unit) => {
      unit.write({
        Update: {
          TableName: table(),
          Key: { id: { S: data.counter } },
          UpdateExpression: "ADD #count :amount",
          ExpressionAttributeNames: { "#count": "count" },
          ExpressionAttributeValues: { ":amount": { N: String(data.amount) } },
        },
      });
    });
    for (const [index, sent] of [message, anAdded({ amount: 1 }), message].entries()) {
      remember(table(), counterId, undefined);
      expect(await blind(anSqsEvent(anSqsRecord(asciiJson(sent))), aContext())).toEqual({
        batchItemFailures: [],
      });
      expect(await count()).toBe([5, 6, 6][index]);
    }
  });

  it("G2: a save through rows keeps the evidence and announces nothing again", async () => {
    const message = anAdded({ amount: 5 });
    await receive(message);
    const before = await itemNow();
    const other = consumer(contract({ name: "other", accepts: [Added], publishes: [Counted] }))
      .use(idempotency({ evidence: rows() }))
      .handler(async ({ data }, unit) => {
        const counter = await counters().get(data.counter);
        if (counter) unit.write(counters().save({ ...counter, count: 100 }));
      });
    await other(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(await itemNow()).toEqual({ ...before, count: 100, version: 3, eo_stamp: expect.any(String) });
    await receive(message);
    expect(await count()).toBe(100);
  });

  it("keeps only the messages of the last commit in the item", async () => {
    await receive(anAdded({ amount: 5 }));
    await receive(anAdded({ amount: 1 }));
    expect((await itemNow()).eo_outbox).toHaveLength(1);
    await receive(anAdded({ amount: 0 }));
    const item = await itemNow();
    expect(item).not.toHaveProperty("eo_outbox");
    expect(item).not.toHaveProperty("eo_outbox_id");
  });

  it("shows the domain nothing of what it keeps", async () => {
    await receive(anAdded({ amount: 5 }));
    expect(await counters().get(counterId)).toEqual({ id: counterId, version: 2, count: 5 });
  });

  it("commits messages without a state change, once", async () => {
    const message = anAdded({ amount: 5 });
    const announce = anInlineConsumer().handler(async (_message, unit) => {
      unit.publish(Counted.from({ count: 7 }));
    });
    const event = anSqsEvent(anSqsRecord(asciiJson(message)));
    await announce(event, aContext());
    const item = await itemNow();
    await announce(event, aContext());
    expect(await itemNow()).toEqual(item);
    expect(item).toMatchObject({ version: 1, count: 0 });
    expect(item.eo_outbox).toHaveLength(1);
  });

  it("a message that did nothing is done, leaves no evidence, and may do nothing again", async () => {
    let runs = 0;
    const idle = anInlineConsumer().handler(async () => {
      runs++;
    });
    const before = await itemNow();
    const event = anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 5 }))));
    for (const times of [1, 2]) {
      const codes = (await linesOf(() => idle(event, aContext()))).map(({ code }) => code);
      expect(codes).toContain("PROCESSED");
      expect(runs).toBe(times);
    }
    expect(await itemNow()).toEqual(before);
  });

  it("parks messages without a write that an item of the kit's own would have to carry", async () => {
    const announce = anInlineConsumer().handler(async (_message, unit) => {
      unit.publish(Counted.from({ count: 7 }));
    });
    const message = anEnvelope(Added.from({ counter: "count#generations", amount: 1 }));
    await announce(anSqsEvent(anSqsRecord(asciiJson(message))), aContext());
    expect(await reasons()).toEqual(["KEY_RESERVED"]);
  });

  it.each([
    ["of another item", () => [newId()]],
    ["of its item and another", () => [counterId, newId()]],
    [
      "of an item of that id in another table",
      () => [counterId],
      () => world.output("StandardEvidenceTable"),
    ],
  ])("parks a unit of work with a write %s", async (_, ids, place = table) => {
    const greedy = anInlineConsumer().handler(async (_message, unit) => {
      for (const id of ids()) unit.write(versionedTable<Counter>(place()).save({ id, version: 0, count: 1 }));
    });
    await greedy(anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 5 })))), aContext());
    expect(await reasons()).toEqual(["INLINE_ONE_ITEM"]);
    expect(await count()).toBe(0);
  });

  it.each<[string, Write]>([
    ["put", { Put: { TableName: "", Item: { count: { N: "1" } } } }],
    ["update", { Update: { TableName: "", Key: { count: { N: "1" } }, UpdateExpression: "SET a = b" } }],
    ["delete", { Delete: { TableName: "", Key: { count: { N: "1" } } } }],
  ])("parks a %s of an item without an id by name", async (_, { Put, Update, Delete }) => {
    const nameless = anInlineConsumer().handler(async (_message, unit) => {
      unit.write({
        ...(Put && { Put: { ...Put, TableName: table() } }),
        ...(Update && { Update: { ...Update, TableName: table() } }),
        ...(Delete && { Delete: { ...Delete, TableName: table() } }),
      });
    });
    await nameless(anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 5 })))), aContext());
    expect(await reasons()).toEqual(["INLINE_ONE_ITEM"]);
  });

  it("G11: parks an item that would be too large, and changes nothing", async () => {
    const large = anInlineConsumer().handler(async (_message, unit) => {
      unit.write(counters().save({ id: counterId, version: 1, count: 1, ...{ text: "x".repeat(410_000) } }));
    });
    await large(anSqsEvent(anSqsRecord(asciiJson(anAdded({ amount: 5 })))), aContext());
    expect(await reasons()).toEqual(["ITEM_TOO_LARGE"]);
  });
});

describe("the window of evidence in an item", () => {
  it("G2, G6: decides nothing by a message's time: what it knows is a duplicate, all else is new", async () => {
    const messages = Array.from({ length: 5 }, (_, second) => anAdded({ amount: 1, second }));
    for (const message of messages) await receive(message, { window: 3 });
    for (const message of messages) await receive(message, { window: 3 });
    await receive(anAdded({ amount: 1, second: 0 }), { window: 3 });
    expect(await count()).toBe(6);
    expect(await reasons()).toEqual([]);
  });

  it.each([0, 101, 1.5])("refuses a window of %s", (window) => {
    expect(() => inline({ table: table(), window })).toThrow(
      `window must be a whole number from 1 to 100, got ${window}`,
    );
  });
});

function conflict(): Error {
  return new TransactionConflictException({ message: "in a transaction", $metadata: {} });
}

/** Until the end of the test. */
function refuseUpdates(how: () => Error | undefined): void {
  const { middlewareStack } = dynamodb();
  middlewareStack.add(
    (next, { commandName }) =>
      async function refuseUpdate(args) {
        const error = commandName === "UpdateItemCommand" ? how() : undefined;
        if (error) throw error;
        return next(args);
      },
    { name: "refuse-updates", step: "initialize" },
  );
  onTestFinished(() => void middlewareStack.remove("refuse-updates"));
}

function table(): string {
  return world.output("StandardTable");
}

function counters() {
  return versionedTable<Counter>(table());
}

function anInlineConsumer(options: Pick<InlineOptions, "window" | "itemOf"> = {}) {
  const evidence = inline({ table: table(), ...options });
  return consumer(contract({ name: "count", accepts: [Added], publishes: [Counted] })).use(
    idempotency({ evidence }),
  );
}

/** Counts, and says so unless it counted nothing. */
function handler(options: { window?: number } = {}) {
  return anInlineConsumer(options).handler(async ({ data: { counter: id, amount } }, unit) => {
    const counter = (await counters().get(id)) ?? { id, version: 0, count: 0 };
    unit.write(counters().save({ ...counter, count: counter.count + amount }));
    if (amount > 0) unit.publish(Counted.from({ count: counter.count + amount }));
  });
}

function receive(
  message: Envelope,
  { receiveCount = 1, window }: { receiveCount?: number; window?: number } = {},
) {
  const record = anSqsRecord(asciiJson(message), { receiveCount });
  return handler(window === undefined ? {} : { window })(anSqsEvent(record), aContext());
}

function anAdded({ amount, second = 0 }: { amount: number; second?: number }): Envelope {
  const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  return anEnvelope({ ...Added.from({ counter: counterId, amount }), time });
}

async function itemNow(): Promise<Record<string, unknown>> {
  return (await world.get(table(), counterId)) ?? {};
}

async function count(): Promise<unknown> {
  return (await itemNow()).count;
}

async function reasons(): Promise<unknown[]> {
  const deadLetters = await world.drain(world.output("StandardDeadLetterQueueUrl"));
  return deadLetters.map(({ attributes }) => attributes.ReasonCode);
}
