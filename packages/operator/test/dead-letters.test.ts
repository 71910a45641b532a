import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import {
  aDeadLetterWorld,
  type DeadLetterWorld,
} from "@essentially-once/testing/internal/support/dead-letter-world";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ConsumerQueue, consumerQueues, queuesNamed } from "../src/dead-letters/consumer-queues.ts";
import { byReason, listDeadLetters } from "../src/dead-letters/list.ts";
import { type RedriveOptions, redrive } from "../src/dead-letters/redrive.ts";

let world: DeadLetterWorld;
let queue: ConsumerQueue;

beforeAll(async () => {
  world = await aDeadLetterWorld();
});
beforeEach(async () => {
  queue = await world.aQueue();
});
afterAll(() => world.stop());

describe("list", () => {
  test("G6: shows every dead letter with its reason, and leaves them all visible", async () => {
    for (let n = 0; n < 25; n++) await park(envelope(`m-${n}`), { ReasonCode: "ACCOUNT_UNKNOWN" });
    const first = await listDeadLetters(world.clients.sqs, [queue]);
    const second = await listDeadLetters(world.clients.sqs, [queue]);
    expect(first.deadLetters).toHaveLength(25);
    expect(second.deadLetters.map(({ id }) => id).sort()).toEqual(
      first.deadLetters.map(({ id }) => id).sort(),
    );
    expect(second.unread).toEqual([]);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 25, inFlight: 0 });
  });

  test("two copies of one message are one dead letter, and the copy that says why is the one that speaks", async () => {
    await park(envelope("m-1"), {});
    await park(envelope("m-1"), {
      ReasonCode: "ADDRESS_REFUSED",
      ReasonDetail: "Atlantis",
      ReceiveCount: "2",
    });
    const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
    expect(deadLetters).toMatchObject([
      {
        id: "m-1",
        type: "orders.order-placed.v1",
        reason: "ADDRESS_REFUSED",
        detail: "Atlantis",
        receiveCount: 2,
      },
    ]);
    expect(deadLetters[0]?.copies).toHaveLength(2);
  });

  test("the same id with other bytes is another dead letter", async () => {
    await park(envelope("m-1"), {});
    await park(envelope("m-1", { forged: true }), {});
    expect((await listDeadLetters(world.clients.sqs, [queue])).deadLetters).toHaveLength(2);
  });

  test("what the redrive policy moved has a reason too", async () => {
    await park(envelope("m-1"), {});
    const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
    expect(deadLetters).toMatchObject([{ reason: "RECEIVES_EXHAUSTED" }]);
  });

  test("what is no envelope is named by the message id it first had", async () => {
    await park("{ this is not JSON", { ReasonCode: "NOT_JSON", OriginalMessageId: "first-id" });
    expect((await listDeadLetters(world.clients.sqs, [queue])).deadLetters).toMatchObject([
      { id: "first-id" },
    ]);
  });

  test("says how many another reader holds", async () => {
    await park(envelope("m-1"), {});
    await world.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.deadLetterQueueUrl, VisibilityTimeout: 30 }),
    );
    const { deadLetters, unread } = await listDeadLetters(world.clients.sqs, [queue]);
    expect(deadLetters).toEqual([]);
    expect(unread).toEqual([expect.stringContaining("1 in flight with another reader")]);
  });
});

describe("the reasons", () => {
  test("are counted, the most frequent first, with the oldest and the consumers", async () => {
    await park(envelope("m-1"), { ReasonCode: "ADDRESS_REFUSED", ParkedAt: "2026-01-02T00:00:00.000Z" });
    await park(envelope("m-2"), { ReasonCode: "ACCOUNT_UNKNOWN", ParkedAt: "2026-01-03T00:00:00.000Z" });
    await park(envelope("m-3"), { ReasonCode: "ACCOUNT_UNKNOWN", ParkedAt: "2026-01-01T00:00:00.000Z" });
    const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
    expect(byReason(deadLetters)).toEqual([
      {
        reason: "ACCOUNT_UNKNOWN",
        count: 2,
        oldest: "2026-01-01T00:00:00.000Z",
        consumers: ["NoteTaker"],
        example: "m-3",
      },
      expect.objectContaining({ reason: "ADDRESS_REFUSED", count: 1 }),
    ]);
  });

  test("of what the redrive policy moved: the oldest is the first sending", async () => {
    await park(envelope("m-1"), {});
    const [group] = byReason((await listDeadLetters(world.clients.sqs, [queue])).deadLetters);
    expect(Date.now() - Date.parse(group?.oldest ?? "")).toBeLessThan(60_000);
  });
});

describe("redrive", () => {
  test("a dry run names what it would send and moves nothing", async () => {
    await park(envelope("m-1"), {});
    expect(await redriveThose({ dryRun: true })).toEqual(["m-1 sent-back"]);
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    expect(await world.depth(queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  test("G6: sends the original bytes and attributes back, once for all copies, and leaves the others", async () => {
    await park(envelope("m-1"), { ReasonCode: "ACCOUNT_UNKNOWN", tenant: "blue" });
    await park(envelope("m-1"), { ReasonCode: "ACCOUNT_UNKNOWN", tenant: "blue" });
    await park(envelope("m-2"), { ReasonCode: "ADDRESS_REFUSED" });
    await redriveThose({ matches: ({ reason }) => reason === "ACCOUNT_UNKNOWN" });
    const messages = await world.drain(queue.queueUrl);
    expect(messages.map(({ Body }) => Body)).toEqual([envelope("m-1")]);
    expect(Object.keys(messages[0]?.MessageAttributes ?? {})).toEqual(["tenant"]);
    const { deadLetters } = await listDeadLetters(world.clients.sqs, [queue]);
    expect(deadLetters.map(({ id }) => id)).toEqual(["m-2"]);
  });

  test("G6: a send that fails leaves the dead letter where it was, visible", async () => {
    await park(envelope("m-1"), {});
    const broken = { ...queue, queueUrl: `${queue.queueUrl}-gone` };
    await expect(redriveThose({ queues: [broken] })).rejects.toThrow();
    expect(await world.depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
  });

  test("goes no faster than it was asked to", async () => {
    for (let n = 0; n < 10; n++) await park(envelope(`m-${n}`), {});
    const sentAtMs: number[] = [];
    await redriveThose({ rate: 10, onHandled: () => sentAtMs.push(Date.now()) });
    expect(Math.max(...sentAtMs) - Math.min(...sentAtMs)).toBeGreaterThan(800);
    expect(await world.depth(queue.queueUrl)).toMatchObject({ visible: 10 });
  });

  test("holds on to what it has not come to yet, however long it takes", async () => {
    for (let n = 0; n < 50; n++) await park(envelope(`m-${n}`), {});
    const redriven = redriveThose({ rate: 8, visibilitySeconds: 4 });
    await new Promise((resolve) => setTimeout(resolve, 5_000)); // longer than anything is hidden by itself
    const { Messages = [] } = await world.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.deadLetterQueueUrl, VisibilityTimeout: 0 }),
    );
    expect(Messages).toEqual([]);
    expect(await redriven).toHaveLength(50);
    expect(await world.drain(queue.queueUrl)).toHaveLength(50);
  });
});

describe("the queues of a deployment", () => {
  const outputs = {
    Credit: {
      ReserveCreditConsumer: "reserve-credit",
      ReserveCreditQueueUrl: "q1",
      ReserveCreditDeadLetterQueueUrl: "d1",
      CreditTable: "t",
      CreditEvidenceTable: "e",
    },
    Relay: { PublishFailureQueueUrl: "f" },
  };

  test("are those among its outputs, with the name that their consumer gives itself", () => {
    expect(consumerQueues(outputs)).toEqual([
      {
        consumer: "ReserveCredit",
        name: "reserve-credit",
        queueUrl: "q1",
        deadLetterQueueUrl: "d1",
        evidenceTable: "e",
        stateTables: ["t"],
      },
    ]);
  });

  test("go by the construct's name and by the function's", () => {
    expect(queuesNamed(consumerQueues(outputs), "reserve-credit")).toHaveLength(1);
    expect(() => queuesNamed(consumerQueues(outputs), "ship")).toThrow('one of ReserveCredit, got "ship"');
  });

  test("outputs without one are refused and named", () => {
    expect(() => consumerQueues({ Relay: { Other: "x" } })).toThrow("The outputs are Other");
  });
});

async function park(body: string, attributes: Record<string, string>): Promise<void> {
  await world.park(queue, body, attributes);
}

async function redriveThose(options: Partial<RedriveOptions>): Promise<string[]> {
  const { handled } = await redrive(world.clients, {
    queues: [queue],
    matches: () => true,
    dryRun: false,
    ...options,
  });
  return handled.map(({ deadLetter, outcome }) => `${deadLetter.id} ${outcome}`);
}

function envelope(id: string, data: unknown = {}): string {
  const time = new Date().toISOString();
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/orders",
    type: "orders.order-placed.v1",
    time: time.replace(/T.*/, "T00:00:00Z"), // the same text for the same id
    data,
  });
}
