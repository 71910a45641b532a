import { PutItemCommand, ThrottlingException } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { groupCommit } from "../src/commit/group-commit.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { measure } from "../src/commit/limits.ts";
import { rows } from "../src/commit/rows.ts";
import { transact } from "../src/commit/transaction.ts";
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

let world: World;
let sent: Faults;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => watch([]));
afterEach(() => sent.remove());
afterAll(() => world.stop());

describe("a batch whose units of work commit in groups", () => {
  it("G2, D11: needs one transaction for ten messages of ten items", async () => {
    const messages = tenAdded();
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toHaveLength(1);
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("G2: applies each effect once when the whole batch is redelivered", async () => {
    const messages = tenAdded();
    await receive(messages);
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("G5: drops the duplicate and commits the nine others together", async () => {
    const messages = tenAdded();
    await receive(messages.slice(0, 1));
    watch([]);
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toHaveLength(2);
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("G5: runs only the unit again whose state moved", async () => {
    const messages = tenAdded();
    const runs = new Map<string, number>();
    const work = async (counter: string) => {
      runs.set(counter, (runs.get(counter) ?? 0) + 1);
      if (counter === counterOf(messages[3]) && runs.get(counter) === 1) await moveAway(counter);
    };
    expect(await receive(messages, { work })).toEqual({ batchItemFailures: [] });
    expect([...runs.values()].sort()).toEqual([...Array(9).fill(1), 2]);
    expect(await counts(messages)).toEqual(Array.from({ length: 10 }, (_, n) => (n === 3 ? 101 : 1)));
  });

  it("G5, G6: parks the unit that DynamoDB refuses and commits the nine others", async () => {
    const messages = tenAdded();
    const malformed: Write = {
      Update: {
        TableName: world.output("StandardTable"),
        Key: marshall({ id: newId() }),
        UpdateExpression: "SET #text = #text + :one", // no number: refused when it is carried out
        ExpressionAttributeNames: { "#text": "id" },
        ExpressionAttributeValues: { ":one": { N: "1" } },
      },
    };
    const work = async (counter: string, unit: UnitOfWork) => {
      if (counter === counterOf(messages[3])) unit.write(malformed);
    };
    const { batchItemFailures } = await receive(messages, { work });
    const parked = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(batchItemFailures.length + parked.length).toBe(1);
    expect(await counts(messages)).toEqual(Array.from({ length: 10 }, (_, n) => (n === 3 ? undefined : 1)));
  });

  it("G5: a unit whose request is refused as a whole fails alone", async () => {
    const messages = tenAdded();
    const work = async (counter: string, unit: UnitOfWork) => {
      if (counter === counterOf(messages[3])) {
        unit.write({ Put: { TableName: "a-table-that-is-not", Item: marshall({ id: "a" }) } });
      }
    };
    const { batchItemFailures } = await receive(messages, { work });
    const parked = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(batchItemFailures.length + parked.length).toBe(1);
    expect(await counts(messages)).toEqual(Array.from({ length: 10 }, (_, n) => (n === 3 ? undefined : 1)));
  });

  it("D1: resolves for every unit when the response is lost once", async () => {
    watch([1], "after");
    const messages = tenAdded();
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("D1: each unit finds its own evidence when every response is lost", async () => {
    watch("all", "after");
    const messages = tenAdded();
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("G2: units that touch one item never share a transaction", async () => {
    const counter = newId();
    const messages = Array.from({ length: 4 }, () => anAdded(counter));
    expect(await receive(messages)).toEqual({ batchItemFailures: [] });
    expect(await counts([messages[0] as Envelope])).toEqual([4]);
  });

  it("does not wait for a run that takes its time", async () => {
    const messages = tenAdded();
    const work = async (counter: string) => {
      if (counter === counterOf(messages[0])) await vi.waitUntil(() => sent.attempts.length > 0);
    };
    expect(await receive(messages, { work, lingerMs: 5 })).toEqual({ batchItemFailures: [] });
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });

  it("sends each unit alone when it is off", async () => {
    const messages = tenAdded();
    expect(await receive(messages, { grouped: false })).toEqual({ batchItemFailures: [] });
    expect(sent.attempts).toHaveLength(10);
    expect(await counts(messages)).toEqual(Array(10).fill(1));
  });
});

describe("groupCommit", () => {
  it("G11: fills a transaction up to 100 actions and begins another", async () => {
    const group = groupCommit(transact(dynamodb), { lingerMs: 2_000 });
    const units = Array.from({ length: 5 }, () => measure(Array.from({ length: 30 }, aPut)));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    expect(await Promise.all(units.map((unit) => group.commit(unit, unit)))).toEqual(
      Array(5).fill(undefined),
    );
    expect(sent.attempts).toHaveLength(2);
  });

  it("G5: never puts two actions on one item into a transaction", async () => {
    const calls: number[] = [];
    const group = groupCommit(async (actions) => {
      calls.push(actions.length);
      return undefined;
    });
    const [shared, other] = [aPut(), aPut()];
    const units = [[shared, aPut()], [other], [shared]].map((writes) => measure(writes));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    await Promise.all(units.map((unit) => group.commit(unit, unit)));
    expect(calls).toEqual([3, 1]);
  });

  it("G11: a throttled request fails all of its units, and is not split into more requests", async () => {
    let calls = 0;
    const group = groupCommit(async () => {
      calls++;
      const $metadata = { httpStatusCode: 400, attempts: 3 };
      throw new ThrottlingException({ message: "slow down", $metadata });
    });
    const units = Array.from({ length: 4 }, () => measure([aPut()]));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    const ends = await Promise.allSettled(units.map((unit) => group.commit(unit, unit)));
    expect(ends.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    expect(calls).toBe(1);
  });

  it("G5: every unit is told when what was thrown is no error", async () => {
    const units = [1, 2].map(() => measure([aPut()]));
    const group = groupCommit(() => Promise.reject(undefined));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    const ends = await Promise.allSettled(units.map((unit) => group.commit(unit, unit)));
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it.each<[string, object, number]>([
    ["for what no transaction may have", { name: "Park" }, 3],
    ["for one of its units", { $fault: "client", $metadata: { attempts: 1 } }, 3],
    ["for one of its units, by an older SDK", { $fault: "client" }, 3],
    ["at a second attempt", { $fault: "client", $metadata: { attempts: 2 } }, 1],
    ["by a fault of the other side", { $fault: "server", $metadata: { attempts: 1 } }, 1],
  ])(
    "G5, G11: a request that is refused %s is sent in parts where that may help",
    async (_why, how, requests) => {
      let calls = 0;
      const trouble = Object.assign(new Error("no"), how);
      const group = groupCommit(async () => {
        calls++;
        throw trouble;
      });
      const units = [1, 2].map(() => measure([aPut()]));
      for (const unit of units) group.begin(unit, Date.now() + 5_000);
      const ends = await Promise.allSettled(units.map((unit) => group.commit(unit, unit)));
      expect(ends).toEqual(Array(2).fill({ status: "rejected", reason: trouble }));
      expect(calls).toBe(requests);
    },
  );

  it("G5: each unit gets the reasons of its own actions", async () => {
    const calls: number[] = [];
    const [failed, none] = [{ Code: "ConditionalCheckFailed" }, {}];
    const group = groupCommit(async (actions) => {
      calls.push(actions.length);
      return calls.length === 1 ? [none, none, none, failed, none, none] : undefined;
    });
    const units = [2, 3, 1].map((count) => measure(Array.from({ length: count }, aPut)));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    const all = await Promise.all(units.map((unit) => group.commit(unit, unit)));
    expect(all).toEqual([undefined, [none, failed, none], undefined]);
    expect(calls).toEqual([6, 3]);
  });

  it("G5: when no unit has a reason, each is sent alone", async () => {
    const calls: number[] = [];
    const group = groupCommit(async (actions) => {
      calls.push(actions.length);
      return actions.length > 1 ? actions.map(() => ({ Code: "None" })) : undefined;
    });
    const units = [1, 2, 3].map(() => measure([aPut()]));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    await Promise.all(units.map((unit) => group.commit(unit, unit)));
    expect(calls).toEqual([3, 1, 1, 1]);
  });

  it("G11: an abandoned run delays no other unit after its deadline", async () => {
    const group = groupCommit(transact(dynamodb), { lingerMs: 60_000 });
    group.begin({}, Date.now() - 1);
    const unit = measure([aPut()]);
    group.begin(unit, Date.now() + 5_000);
    expect(await group.commit(unit, unit)).toBeUndefined();
  });

  it("G5: a unit that was innocent twice is sent alone", async () => {
    const calls: number[] = [];
    const group = groupCommit(async (actions) => {
      calls.push(actions.length);
      return actions.length > 1
        ? actions.map((_, n) => ({ Code: n === 0 ? "TransactionConflict" : "None" }))
        : undefined;
    });
    const units = Array.from({ length: 4 }, () => measure([aPut()]));
    for (const unit of units) group.begin(unit, Date.now() + 5_000);
    const all = await Promise.all(units.map((unit) => group.commit(unit, unit)));
    expect(calls).toEqual([4, 3, 1, 1]);
    expect(all.map((reasons) => reasons?.[0]?.Code)).toEqual([
      "TransactionConflict",
      "TransactionConflict",
      undefined,
      undefined,
    ]);
  });
});

function watch(attempts: "all" | readonly number[], moment: "before" | "after" = "before"): void {
  sent?.remove();
  sent = injectFaults(dynamodb(), { command: "TransactWriteItemsCommand", moment, attempts });
}

interface Reception {
  readonly grouped?: boolean;
  /** Longer than a busy machine takes, so that what shares a transaction does not hang on its speed. */
  readonly lingerMs?: number;
  readonly work?: (counter: string, unit: UnitOfWork) => Promise<void>;
}

function receive(messages: readonly Envelope[], { grouped = true, lingerMs = 2_000, work }: Reception = {}) {
  const counters = versionedTable<Counter>(world.output("StandardTable"));
  const handler = consumer(contract({ name: "count", accepts: [Added] }))
    .use(idempotency({ evidence: rows({ groupCommit: grouped && { lingerMs } }) }))
    .handler(async ({ data: { counter: id, amount } }, unit) => {
      const counter = (await counters.get(id)) ?? { id, version: 0, count: 0 };
      await work?.(id, unit);
      unit.write(counters.save({ ...counter, count: counter.count + amount }));
    });
  return handler(anSqsEvent(...messages.map((message) => anSqsRecord(asciiJson(message)))), aContext());
}

function tenAdded(): Envelope[] {
  return Array.from({ length: 10 }, () => anAdded(newId()));
}

function anAdded(counter: string): Envelope {
  return anEnvelope({ type: Added.type, data: { counter, amount: 1 } });
}

function counterOf(message: Envelope | undefined): string {
  if (message === undefined) throw new Error("no message");
  return (message.data as { counter: string }).counter;
}

async function counts(messages: readonly Envelope[]): Promise<unknown[]> {
  const items = messages.map((message) => world.get(world.output("StandardTable"), counterOf(message)));
  return (await Promise.all(items)).map((item) => item?.count);
}

/** Another process changes the counter between the read and the commit. */
async function moveAway(id: string): Promise<void> {
  const TableName = world.output("StandardTable");
  await dynamodb().send(new PutItemCommand({ TableName, Item: marshall({ id, version: 1, count: 100 }) }));
}

function aPut(): Write {
  return { Put: { TableName: world.output("StandardTable"), Item: marshall({ id: newId() }) } };
}
