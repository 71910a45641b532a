// A redrive and a discard of what their dry run listed, and of nothing else, on real engines.

import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, Selection } from "../../src/api/dead-letter.ts";
import { type DeadLetters, deadLetterSource } from "../../src/data/dead-letters/dead-letter-source.ts";
import { messageIndex } from "../../src/data/seen/message-index.ts";

const because = "a test of ours";
let world: DeadLetterWorld;
let queue: ConsumerQueue;
let deadLetters: DeadLetters;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
afterAll(() => world.stop());

describe.each(["standard", "FIFO"])("of a %s queue", (kind) => {
  const fifo = kind === "FIFO";
  test.each([
    ["all", async (): Promise<Selection> => ({ all: true })],
    ["a group", async (): Promise<Selection> => ({ group: await aGroup() })],
  ])("G6: %s leaves the dead letters that arrive after the dry run", async (_name, selectionOf) => {
    for (const verb of ["redrive", "discard"] as const) {
      await aConsole({ fifo });
      await park(2);
      const dry = await dryRun(verb, await selectionOf());
      const { done } = dry;
      expect(done).toBe(fifo ? 1 : 2); // a FIFO queue returns the first of a message group
      await park(2);
      const run = await runOf(verb, dry);
      expect(run).toMatchObject({ state: "done", done, total: done, untouched: 0 });
      expect(await world.depth(queue.deadLetterQueueUrl)).toMatchObject({ visible: 4 - done });
      if (verb === "redrive") expect(await world.depth(queue.queueUrl)).toMatchObject({ visible: done });
    }
  });
});

test.each(["redrive", "discard"] as const)("a %s says how many of its dry run are gone", async (verb) => {
  await aConsole();
  await park(3);
  const dry = await dryRun(verb, { all: true });
  await world.drain(queue.deadLetterQueueUrl);
  await park(1);
  expect(await runOf(verb, dry)).toMatchObject({ state: "done", done: 0, untouched: 3 });
  expect(await world.depth(queue.deadLetterQueueUrl)).toMatchObject({ visible: 1 });
});

test("of a dry run with more than the page is shown, the server knows all", async () => {
  await aConsole();
  const texts = Array.from({ length: 1_010 }, (_, n) => `no message ${n}`);
  await Promise.all(texts.map((text) => world.park(queue, text, { ReasonCode: "NOT_JSON" })));
  const dry = await dryRun("discard", { all: true });
  expect(dry.results).toHaveLength(1_000);
  await world.clients.sqs.send(new PurgeQueueCommand({ QueueUrl: queue.deadLetterQueueUrl }));
  expect(await runOf("discard", dry)).toMatchObject({ done: 0, untouched: 1_010 });
});

test("asked for twice, as by a double click, there is one run; both get it", async () => {
  await aConsole();
  await park(2);
  const dry = await dryRun("redrive", { all: true });
  const [first, second] = await Promise.all([runOf("redrive", dry), runOf("redrive", dry)]);
  expect(second).toEqual(first);
  expect(first?.counts).toMatchObject({ "sent-back": 2 });
});

test("the run is with force where its dry run was", async () => {
  await aConsole();
  await world.park(queue, "no message at all", { ReasonCode: "NOT_JSON" });
  const plain = await dryRun("redrive", { all: true });
  expect((await runOf("redrive", plain)).counts).toMatchObject({ left: 1 });
  const { id } = await deadLetters.redrive({ selection: { all: true }, dryRun: true, force: true });
  expect((await runOf("redrive", await ended(id))).counts).toMatchObject({ "sent-back": 1 });
});

test("a dry run that is of another kind, still runs or is not kept is refused, and nothing is touched", async () => {
  await aConsole();
  await park(1);
  const dry = await dryRun("redrive", { all: true });
  await expect(runOf("discard", dry)).rejects.toThrow("There is no dry run");
  await expect(runOf("redrive", { ...dry, id: "redrive-99" })).rejects.toThrow("do it again");
  const running = await deadLetters.redrive({ selection: { all: true }, dryRun: true });
  await expect(deadLetters.redrive({ job: running.id, dryRun: false })).rejects.toThrow(
    "has not come to its end",
  );
  expect(await deadLetters.jobs()).toMatchObject([{ id: running.id, state: "running", results: [] }]);
  await ended(running.id);
  expect(await deadLetters.jobs()).toEqual([]);
  expect(await world.depth(queue.deadLetterQueueUrl)).toMatchObject({ visible: 1 });
});

async function aConsole({ fifo = false } = {}): Promise<void> {
  queue = await world.aQueue({ fifo });
  const { sqs, dynamodb } = world.clients;
  const connection = { sqs, dynamodb, outputs: {}, local: { endpoints: {} } };
  deadLetters = deadLetterSource({
    reached: { connection, queues: [queue], registrations: [], known: {} },
    messages: messageIndex(),
    tell: () => undefined,
  });
}

async function aGroup(): Promise<string> {
  return (await deadLetters.overview()).groups[0]?.id ?? "";
}

async function park(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const body = asciiJson(anEnvelope({ type: "tests.paid.v1", data: { cents: 1 } } as Partial<Envelope>));
    await world.park(queue, body, {
      ReasonCode: "CARD_REFUSED",
      ReasonDetail: "Error at billing/pay.ts:17:9",
    });
  }
}

async function dryRun(verb: Job["what"], selection: Selection): Promise<Job> {
  const { id } = await deadLetters[verb]({ selection, because, dryRun: true });
  return ended(id);
}

async function runOf(verb: Job["what"], { id: job }: Job): Promise<Job> {
  const { id } = await deadLetters[verb]({ job, because, dryRun: false });
  return ended(id);
}

async function ended(id: string): Promise<Job> {
  for (;;) {
    const job = await deadLetters.job(id);
    if (job && job.state !== "running") return job;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
