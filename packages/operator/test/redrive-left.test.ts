// What a redrive leaves, what it goes on with, and what became of what it sent.
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { setClock } from "@essentially-once/messaging/clock";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { messageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import { rows } from "@essentially-once/messaging/rows";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Contracts, noContracts } from "../src/connect/contracts.ts";
import type { ConsumerQueue } from "../src/dead-letters/consumer-queues.ts";
import { discard } from "../src/dead-letters/discard.ts";
import { type Handled, QueuesFailed, type RedriveOptions, redrive } from "../src/dead-letters/redrive.ts";
import { type AwaitOptions, awaitRedriven } from "../src/dead-letters/redrive-results.ts";

const Noted = messageType({
  type: "tests.noted.v1",
  schema: z.strictObject({ note: z.string() }),
  key: (noted) => noted.note,
});

const contracts: Contracts = { ...noContracts, of: (name) => ({ name, accepts: [Noted] }) };

let world: DeadLetterWorld;
let queue: ConsumerQueue;
let restoreClock: (() => void) | undefined;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterEach(() => {
  world.clients.sqs.middlewareStack.remove("refusing");
  restoreClock?.();
});
afterAll(() => world.stop());

describe("a dead letter that SQS refuses to take", () => {
  it.each([false, true])("G5: is left and told, and the rest goes on: FIFO %s", async (fifo) => {
    queue = await world.aQueue({ fifo });
    const [refused, fine] = [aNote(), aNote()];
    await world.park(queue, asciiJson(refused), {}, "one");
    await world.park(queue, asciiJson(fine), {}, "another");
    refuse(refused);
    const handled = await redriven();
    expect(lines(handled)).toEqual([
      `${refused.id} left: it cannot be sent unchanged (InvalidParameterValue): edit or discard it`,
      `${fine.id} sent-back: undefined`,
    ]);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
  });

  it("G5: with twenty attributes folded by its sender stops nothing", async () => {
    const crowd = Array.from({ length: 20 }, (_, n) => [`name${n}`, "String", "x"]);
    const [hostile, fine] = [aNote(), aNote()];
    await world.park(queue, asciiJson(hostile), { OriginalAttributes: JSON.stringify(crowd) });
    await world.park(queue, asciiJson(fine));
    const handled = await redriven();
    expect(lines(handled)).toContain(`${fine.id} sent-back: undefined`);
    expect(handled).toHaveLength(2);
  });
});

it("G5: a queue that fails stops no other queue, and is told at the end with what was done", async () => {
  const other = await world.aQueue();
  const [here, there] = [aNote(), aNote()];
  await world.park(queue, asciiJson(here));
  await world.park(other, asciiJson(there));
  const gone = { ...queue, consumer: "Gone", queueUrl: `${queue.queueUrl}-gone` };
  const failure = await redriven({ queues: [gone, other] }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(QueuesFailed);
  expect((failure as QueuesFailed).message).toMatch(
    /^Gone: .*(QueueDoesNotExist|NonExistentQueue|not exist)/,
  );
  expect(lines((failure as QueuesFailed).redriven.handled)).toEqual([`${there.id} sent-back: undefined`]);
  expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
});

describe("what would be parked again at once", () => {
  const future = new Date(Date.now() + 86_400_000).toISOString();
  it.each([
    ["is not JSON", "{ not JSON", "NOT_JSON: the body of 10 characters is not JSON"],
    ["is no envelope", "{}", 'ENVELOPE_INVALID: specversion must be "1.0"'],
    [
      "has a type of nobody",
      aNote({ type: "tests.other.v1" }),
      "TYPE_UNKNOWN: note-taker accepts tests.noted.v1",
    ],
    [
      "has data that the schema refuses",
      aNote({ data: { note: 7 } }),
      "DATA_INVALID: tests.noted.v1: invalid at note",
    ],
    ["has no time", aNote({ time: "yesterday" }), "TIME_INVALID: time must be a date and time of RFC 3339"],
    ["comes from the future", aNote({ time: future }), /^TIME_IN_FUTURE: /],
    ["has a foreign reference", { ...aNote({ dataref: "s3://x/y" }), data: undefined }, /^DATAREF_FOREIGN: /],
  ])("is left, as a dry run says: %s", async (_what, message, because) => {
    await world.park(queue, typeof message === "string" ? message : asciiJson(message), { ReasonCode: "X" });
    for (const dryRun of [true, false]) {
      const [handled] = await redriven({ dryRun });
      expect(handled).toMatchObject({ outcome: "left" });
      const [, again = ""] = /^would be parked again: (.*)$/s.exec(handled?.why ?? "") ?? [];
      expect(again).toMatch(because);
    }
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    expect(await redriven({ force: true })).toMatchObject([{ outcome: "sent-back" }]);
  });

  it("is what its consumer refused by a bound of its own: so many hops", async () => {
    const long = { ReasonCode: "TOO_MANY_HOPS", ReasonDetail: "20 messages before this one" };
    await world.park(queue, asciiJson(aNote({ hops: 20 })), long);
    await world.park(queue, asciiJson(aNote({ hops: 20 })), { ReasonCode: "ACCOUNT_UNKNOWN" });
    expect((await redriven()).map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining(["left", "sent-back"]),
    );
  });
});

it.each([false, true])(
  "G6: a redrive that is stopped gives back at once what it has not come to: FIFO %s",
  async (fifo) => {
    queue = await world.aQueue({ fifo });
    for (let n = 0; n < 30; n++) await world.park(queue, asciiJson(aNote()), {}, `group-${n}`);
    const sent: Handled[] = [];
    await redriven({ onHandled: (one) => sent.push(one), isStopped: () => sent.length > 0 });
    expect(sent.length).toBeLessThan(30);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 30 - sent.length, inFlight: 0 });
    await redriven();
    expect(await world.drain(queue.queueUrl)).toHaveLength(30);
  },
);

describe("what became of what was sent", () => {
  it("G6: done, parked again with its reason, or still in progress", async () => {
    const [good, bad, slow] = [aNote(), aNote(), aNote()];
    for (const note of [good, bad, slow]) await world.park(queue, asciiJson(note));
    const handled = await redriven();
    const sent = await world.drain(queue.queueUrl);
    expect(sent).toHaveLength(3);
    await take(good);
    await take(bad, () => new Park("REFUSED", "no"));
    await world.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: asciiJson(slow) }),
    );
    const became = await awaitAll(handled);
    expect(became).toEqual(
      expect.arrayContaining([
        { consumer: "NoteTaker", id: good.id, became: "done" },
        { consumer: "NoteTaker", id: bad.id, became: "parked-again", reason: "REFUSED", detail: "no" },
        { consumer: "NoteTaker", id: slow.id, became: "on-the-way" },
      ]),
    );
  });

  it("G11: is waited for no longer than asked", async () => {
    await world.park(queue, asciiJson(aNote()));
    const handled = await redriven();
    let pauses = 0;
    const became = await awaitAll(handled, {
      async pause() {
        pauses += 1;
        const now = Date.now() + pauses * 30_000;
        restoreClock?.();
        restoreClock = setClock(() => now);
      },
    });
    expect(became).toMatchObject([{ became: "on-the-way" }]);
    expect(pauses).toBeLessThan(6);
  });
});

it("G6: a discard of a whole FIFO queue takes what is behind the first of a group, too", async () => {
  queue = await world.aQueue({ fifo: true });
  for (let n = 0; n < 12; n++) await world.park(queue, asciiJson(aNote()));
  const options = { queues: [queue], because: "a test", matches: () => true };
  expect((await discard(world.clients, { ...options, dryRun: true })).unread).toEqual([
    "NoteTaker: 11 behind the first of their groups",
  ]);
  const { discarded } = await discard(world.clients, { ...options, dryRun: false });
  expect(discarded).toHaveLength(12);
  expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 0, inFlight: 0 });
});

function aNote(changes: Partial<Envelope> = {}): Envelope {
  return anEnvelope({ type: Noted.type, data: { note: "n" }, ...changes });
}

/** SQS says so of a message that it will never take. */
function refuse({ id }: Envelope): void {
  world.clients.sqs.middlewareStack.add(
    (next, context) => async (args) => {
      const { MessageBody = "" } = args.input as { MessageBody?: string };
      if (context.commandName !== "SendMessageCommand" || !MessageBody.includes(id)) return next(args);
      throw Object.assign(new Error("no"), { name: "InvalidParameterValue", $metadata: {} });
    },
    { name: "refusing", step: "initialize" },
  );
}

async function redriven(options: Partial<RedriveOptions> = {}): Promise<readonly Handled[]> {
  const known = { contracts, claimBucket: "claims" };
  const common = { queues: [queue], known, dryRun: false, rate: 1_000 };
  return (await redrive(world.clients, { ...common, matches: () => true, ...options })).handled;
}

function lines(handled: readonly Handled[]): string[] {
  return handled.map(({ deadLetter: { id }, outcome, why }) => `${id} ${outcome}: ${why}`);
}

function awaitAll(handled: readonly Handled[], options: Partial<AwaitOptions> = {}) {
  return awaitRedriven(world.clients, handled, {
    waitMs: 100_000,
    async pause() {
      restoreClock ??= setClock(() => Date.now() + 200_000);
    },
    ...options,
  });
}

async function take(message: Envelope, refusal?: () => Park): Promise<void> {
  const handler = consumer(contract({ name: "note-taker", accepts: [Noted] }))
    .use(idempotency({ evidence: rows() }))
    .handler(async () => {
      if (refusal) throw refusal();
    });
  const queueName = queue.queueUrl.split("/").at(-1) ?? "";
  await handler(anSqsEvent(anSqsRecord(asciiJson(message), { queueName })), aContext());
}
