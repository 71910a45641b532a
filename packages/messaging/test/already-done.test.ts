// A batch is redelivered because its process died: messages already processed are recognised, and only the rest run
// alone.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { type Faults, injectFaults } from "@essentially-once/testing/faults";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { leaveOut } from "@essentially-once/testing/internal/support/partial-answers";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import * as z from "zod";
import { dynamodb } from "../src/aws/clients.ts";
import { sqs } from "../src/aws/sqs-client.ts";
import { isDone } from "../src/commit/already-done.ts";
import { idempotency } from "../src/commit/idempotency.ts";
import { rows } from "../src/commit/rows.ts";
import { newId } from "../src/core/ids.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, type Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { consumer } from "../src/receive/consumer.ts";

const Counted = messageType({
  type: "tests.counted.v1",
  schema: z.strictObject({ counter: z.string(), amount: z.int() }),
  key: ({ counter }) => counter,
});

let world: World;
let requests: FaultAtCall;
let deletes: Faults;
let ran: string[];

beforeAll(async () => {
  world = await aWorld();
  world.enter("Standard/");
});
beforeEach(() => {
  ran = [];
  requests = faultAtCall(dynamodb());
  deletes = injectFaults(sqs() as never, {
    command: "DeleteMessageBatchCommand",
    moment: "after",
    attempts: [],
  });
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => {
  requests.remove();
  deletes.remove();
  vi.restoreAllMocks();
});
afterAll(() => world.stop());

it("G2: a middleware that does not know what was done is passed over", async () => {
  const done = { find: async () => ({ kind: "duplicate" }) as const };
  expect(await isDone({} as never, [{}, done])).toBe(true);
  expect(await isDone({} as never, [{}])).toBe(false);
});

it("G2, G5: of a batch whose process died, what was done is acknowledged and what was not runs alone", async () => {
  const messages = Array.from({ length: 4 }, aCounted);
  await receive(messages.slice(0, 3), { receiveCount: 1 });
  ran = [];
  const failures = await receive(messages, { receiveCount: 2 });
  expect(failures).toEqual([]);
  expect(ran).toEqual([messages[3]?.id]);
  expect(deletes.attempts).toHaveLength(2); // the three before the suspect runs, lest they die with it; the suspect
});

it("G5: what cannot be deleted before a suspect runs is logged, and the answer of the batch deletes it", async () => {
  const [done, open] = [aCounted(), aCounted()];
  await receive([done], { receiveCount: 1 });
  const failure = { SenderFault: true, Code: "ReceiptHandleIsInvalid" };
  const partial = leaveOut(sqs(), { command: "DeleteMessageBatchCommand", failure });
  const lines = await linesOf(async () => {
    expect(await receive([done, open], { receiveCount: 2 })).toEqual([]);
  });
  partial.remove();
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: "WARN",
      code: "DELETE_FAILED",
      consumer: "already-done",
      records: 1,
      errorCode: "ReceiptHandleIsInvalid",
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "INFO", code: "DUPLICATE", consumer: "already-done", receiveCount: 2 }),
  );
});

it("G2: a batch that was done altogether costs two requests and no run", async () => {
  const messages = Array.from({ length: 10 }, aCounted);
  await receive(messages, { receiveCount: 1 });
  ran = [];
  const before = requests.calls.length;
  expect(await receive(messages, { receiveCount: 2 })).toEqual([]);
  expect(requests.calls.slice(before)).toEqual(["BatchGetItemCommand", "BatchGetItemCommand"]);
  expect([ran, deletes.attempts]).toEqual([[], []]);
});

it("G6: another message under the id of one that was done is parked, not taken for it", async () => {
  const message = aCounted();
  await receive([message], { receiveCount: 1 });
  const other = { ...message, data: { ...(message.data as object), amount: 1_000 } };
  expect(await receive([message, other], { receiveCount: 2 })).toEqual([]);
  const deadLetters = await world.drain(world.output("StandardDeadLetterQueueUrl"));
  expect(deadLetters.map(({ attributes }) => attributes.ReasonCode)).toEqual(["ID_REUSED"]);
});

it("when the evidence cannot be read at once, the suspects run one by one and meet it there", async () => {
  const [done, open] = [aCounted(), aCounted()];
  await receive([done], { receiveCount: 1 });
  ran = [];
  const faults = injectFaults(dynamodb(), { command: "BatchGetItemCommand", moment: "before" });
  expect(await receive([done, open], { receiveCount: 2 })).toEqual([]);
  faults.remove();
  expect(ran).toEqual([open.id]);
});

it("after a duplicate the next messages are looked up first, together", async () => {
  const messages = Array.from({ length: 4 }, aCounted);
  await receive(messages, { receiveCount: 1 });
  const handler = aHandler();
  await handler(eventOf(messages.slice(0, 1), 1), aContext());
  const before = requests.calls.length;
  await handler(eventOf(messages.slice(1), 1), aContext());
  expect(requests.calls.slice(before)).toEqual(["BatchGetItemCommand"]);
});

it("where no duplicates come, nothing is looked up", async () => {
  const handler = aHandler();
  for (let batch = 0; batch < 3; batch++) await handler(eventOf([aCounted(), aCounted()], 1), aContext());
  expect(requests.calls).toEqual(Array(3).fill("TransactWriteItemsCommand"));
});

function aCounted(): Envelope {
  return anEnvelope(Counted.from({ counter: newId(), amount: 1 }));
}

async function receive(
  messages: readonly Envelope[],
  { receiveCount }: { receiveCount: number },
): Promise<readonly unknown[]> {
  const { batchItemFailures } = await aHandler()(eventOf(messages, receiveCount), aContext());
  return batchItemFailures;
}

function aHandler() {
  return consumer(contract({ name: "already-done", accepts: [Counted] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async ({ id, data: { counter, amount } }, unit) => {
      ran.push(id);
      unit.write({
        Update: {
          TableName: world.output("StandardTable"),
          Key: { id: { S: counter } },
          UpdateExpression: "ADD amount :amount",
          ExpressionAttributeValues: { ":amount": { N: String(amount) } },
        },
      });
    });
}

function eventOf(messages: readonly Envelope[], receiveCount: number) {
  return anSqsEvent(...messages.map((message) => anSqsRecord(asciiJson(message), { receiveCount })));
}
