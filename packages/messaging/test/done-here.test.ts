// A copy of what this very process has done costs nothing, and is a copy only then.
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { watchRequests } from "@essentially-once/testing/internal/support/watch-requests";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { deliver } from "../src/commit/delivery.ts";
import { type EvidenceStore, idempotency } from "../src/commit/idempotency.ts";
import { inline } from "../src/commit/inline.ts";
import { rows } from "../src/commit/rows.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { messageChain } from "../src/receive/chain.ts";
import { consumer } from "../src/receive/consumer.ts";

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ counter: z.string(), note: z.string().optional() }),
  key: (added) => added.counter,
});

let world: World;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

it("G2: evidence that is read first is read for thirty messages after a duplicate, also when it has no end", async () => {
  const read: string[] = [];
  const isDone = ({ message: { id } }: { readonly message: Envelope }) => id.startsWith("done");
  const evidence: EvidenceStore = {
    looksUpFirst: true,
    async find(delivery) {
      read.push(delivery.message.id);
      return isDone(delivery) ? { kind: "duplicate" } : undefined;
    },
    commit: async (delivery) => ({ kind: isDone(delivery) ? "duplicate" : "done" }),
  };
  const count = contract({ name: "count", accepts: [Added] });
  const middlewares = [idempotency({ evidence })];
  const chain = messageChain({ contract: count, middlewares, work: async () => undefined });
  const readFor = async (id: string, receiveCount = 1) => {
    read.length = 0;
    const message = { ...anAdded(), id };
    const sqsMessage = { body: asciiJson(message), attributes: {}, queueName: "count", receiveCount };
    await deliver(
      chain,
      { contract: count, message, sqsMessage, deadlineMs: Date.now() + 5_000 },
      aContext(),
    );
    return read.length;
  };
  const readForMany = async (name: string) => {
    let sum = 0;
    for (let n = 0; n < 40; n++) sum += await readFor(`${name} ${n}`);
    return sum;
  };
  expect(await readForMany("new")).toBe(0);
  expect(await readFor("redelivered", 2)).toBe(1);
  expect(await readForMany("after a redelivery")).toBe(0);
  expect(await readFor("done", 2)).toBe(1); // found before its run
  expect(await readForMany("after the first duplicate")).toBe(30);
  expect(await readFor("done too")).toBe(0); // found by its commit
  expect(await readForMany("after the second duplicate")).toBe(30);
});

describe.each<[string, () => EvidenceStore]>([
  ["rows", () => rows()],
  ["inline", () => inline({ table: table() })],
])("with evidence %s", (_form, evidence) => {
  it("G2, G11: a copy of a message that this process has done is absorbed without a request", async () => {
    const receive = aConsumer(evidence());
    const message = anAdded();
    await receive(message);
    const requests = watchRequests(dynamodb());
    await receive(message);
    await receive({ ...message, data: { ...(message.data as object) } });
    expect(requests.stop()).toEqual([]);
    await receive(message, 2);
    expect(await count(message)).toBe(1);
  });

  it("D15: and one of its id with other data is parked all the same", async () => {
    const receive = aConsumer(evidence());
    const message = anAdded();
    await receive(message);
    await receive({ ...message, data: { counter: counterOf(message), note: "other" } });
    const parked = await world.drain(world.output("StandardDeadLetterQueueUrl"));
    expect(parked.map(({ attributes }) => attributes.ReasonCode)).toEqual(["ID_REUSED"]);
    expect(await count(message)).toBe(1);
  });
});

it.each(["TransactWriteItemsCommand", "UpdateItemCommand"])(
  "G2: what was not committed is not remembered: %s never arrives",
  async (command) => {
    const receive = aConsumer(command === "UpdateItemCommand" ? inline({ table: table() }) : rows());
    const message = anAdded();
    faults = injectFaults(dynamodb(), { command, moment: "before" });
    expect(await receive(message)).toHaveLength(1);
    faults.remove();
    expect(await receive(message, 2)).toEqual([]);
    expect(await count(message)).toBe(1);
  },
);

it("G2: another consumer in the same process has a memory of its own", async () => {
  const store = rows();
  const [one, other] = [aConsumer(store, "one"), aConsumer(store, "other")];
  const message = anAdded();
  await one(message);
  await other(message);
  expect(await count(message)).toBe(2);
});

it("G2: a message of another source that has its id is another message", async () => {
  const receive = aConsumer(rows());
  const message = anAdded();
  for (const source of ["/one", "/other", "/one"]) await receive({ ...message, source });
  expect(await count(message)).toBe(2);
});

it("G11: remembers the last thousand messages, and checks the evidence for older ones", async () => {
  const store: EvidenceStore = { commit: async () => ({ kind: "done" }), find: async () => undefined };
  let runs = 0;
  const handler = consumer(contract({ name: "counts", accepts: [Added], publishes: [] }))
    .use(idempotency({ evidence: store }))
    .handler(async (message, unit) => {
      unit.write(increment(message));
      runs++;
    });
  const messages = Array.from({ length: 1_001 }, () => anAdded());
  const receive = (some: readonly Envelope[]) =>
    handler(anSqsEvent(...some.map((message) => anSqsRecord(asciiJson(message)))), aContext());
  await receive(messages);
  await receive(messages.slice(1));
  expect(runs).toBe(1_001);
  await receive(messages.slice(0, 1));
  expect(runs).toBe(1_002);
});

function aConsumer(evidence: EvidenceStore, name: string = newId().toLowerCase()) {
  const handler = consumer(contract({ name: `adds-${name}`.slice(0, 40), accepts: [Added], publishes: [] }))
    .use(idempotency({ evidence }))
    .handler(async (message, unit) => unit.write(increment(message)));
  return async function receive(message: Envelope, receiveCount = 1) {
    const record = anSqsRecord(asciiJson(message), { receiveCount });
    return (await handler(anSqsEvent(record), aContext())).batchItemFailures;
  };
}

function increment(message: Envelope): Write {
  return {
    Update: {
      TableName: table(),
      Key: { id: { S: counterOf(message) } },
      UpdateExpression: "ADD #count :one",
      ExpressionAttributeNames: { "#count": "count" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    },
  };
}

function anAdded(): Envelope {
  return anEnvelope({ ...Added.from({ counter: newId() }), id: newId() });
}

function counterOf({ data }: Envelope): string {
  return (data as { readonly counter: string }).counter;
}

async function count(message: Envelope): Promise<unknown> {
  return (await world.get(table(), counterOf(message)))?.count;
}

function table(): string {
  return world.output("StandardTable");
}
