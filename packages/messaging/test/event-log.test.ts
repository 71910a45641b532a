import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { aJournal, aJournalWorld, type JournalWorld } from "@essentially-once/testing/journal-world";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { eventLog } from "../src/pull/event-log.ts";
import type { Journal } from "../src/pull/journal.ts";
import { projection } from "../src/pull/projection.ts";
import { consumer } from "../src/receive/consumer.ts";

const Added = messageType({
  type: "tests.added.v1",
  schema: z.strictObject({ amount: z.int() }),
  key: () => "all",
});

let world: JournalWorld;
let log: Journal;
let faults: Faults | undefined;

beforeAll(async () => {
  world = await aJournalWorld();
  Object.assign(process.env, {
    QUEUE_URL: "http://127.0.0.1/000000000000/log",
    DEAD_LETTER_QUEUE_URL: "http://127.0.0.1/000000000000/log-dlq",
    MAX_RECEIVE_COUNT: "5",
  });
});
beforeEach(() => {
  log = aJournal();
});
afterEach(() => {
  faults?.remove();
  faults = undefined;
});
afterAll(() => world.stop());

describe("a consumer that logs first and acts later", () => {
  it("G2: appends a message once, however often it is delivered, and the projection acts once", async () => {
    const message = anAdded(5);
    const responses = await Promise.all([1, 2, 3, 4].map((receiveCount) => receive(message, receiveCount)));
    expect(responses).toEqual(responses.map(() => ({ batchItemFailures: [] })));
    const entries = await log.read({ partition: 0, after: 0, limit: 10 });
    expect(entries).toEqual([{ sequence: 1, body: asciiJson(message) }]);
    expect(await acted()).toEqual([5]);
  });

  it("G2: loses nothing when the append never arrives, and doubles nothing when every answer is lost", async () => {
    const message = anAdded(5);
    const command = "TransactWriteItemsCommand";
    faults = injectFaults(dynamodb(), { command, moment: "before" });
    expect((await receive(message)).batchItemFailures).toHaveLength(1);
    faults.remove();
    faults = injectFaults(dynamodb(), { command, moment: "after" });
    expect(await receive(message, 2)).toEqual({ batchItemFailures: [] }); // found, though nobody said so
    faults.remove();
    expect(await receive(message, 3)).toEqual({ batchItemFailures: [] });
    expect(await acted()).toEqual([5]);
  });

  it("G2: logs the exact text that came, and of a message that came by no queue the text that would be sent", async () => {
    const message = anAdded(5);
    const unit = unitOfWork({ contract: { name: "log", publishes: [] }, cause: message });
    const delivery = { consumer: "log", message, unit, deadlineMs: Date.now() + 5_000 };
    const append = vi.spyOn(log, "append");
    const evidence = eventLog({ journal: log });
    expect(await evidence.find(delivery)).toBeUndefined();
    expect(await evidence.commit(delivery, undefined)).toEqual({ kind: "done" });
    expect(append.mock.lastCall?.[1]).toEqual({ deadlineMs: delivery.deadlineMs }); // G11
    expect(await evidence.find(delivery)).toEqual({ kind: "duplicate" });
    const body = JSON.stringify({ ...anAdded(7), more: "of the producer's" }, null, 1);
    await receive(JSON.parse(body), 1, body);
    const entries = await log.read({ partition: 0, after: 0, limit: 10 });
    expect(entries.map((entry) => entry.body)).toEqual([asciiJson(message), body]);
  });

  it("fails loudly when its handler collects work: the journal would not have it", async () => {
    const handler = consumer(contract({ name: "log", accepts: [Added], publishes: [Added] }))
      .use(idempotency({ evidence: eventLog({ journal: log }) }))
      .handler(async (_message, unit) => unit.publish(Added.from({ amount: 1 })));
    const response = await handler(anSqsEvent(anSqsRecord(asciiJson(anAdded(5)))), aContext());
    expect(response.batchItemFailures).toHaveLength(1);
    expect(await log.read({ partition: 0, after: 0, limit: 10 })).toEqual([]);
  });
});

function receive(message: Envelope, receiveCount = 1, body = asciiJson(message)) {
  const handler = consumer(contract({ name: "log", accepts: [Added], publishes: [Added] }))
    .use(idempotency({ evidence: eventLog({ journal: log }) }))
    .handler(async () => undefined);
  return handler(anSqsEvent(anSqsRecord(body, { receiveCount })), aContext());
}

async function acted(): Promise<number[]> {
  const amounts: number[] = [];
  const handler = projection(contract({ name: `act-${newId()}`, accepts: [Added] }), {
    journal: log,
    table: world.stateTable,
  });
  await handler.handler(async ({ data }) => void amounts.push(data.amount))({}, aContext());
  return amounts;
}

function anAdded(amount: number): Envelope {
  return anEnvelope({ type: Added.type, data: { amount } });
}
