import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { beforeEach, describe, expect, it } from "vitest";
import type { Delivery } from "../src/commit/delivery.ts";
import { type EvidenceStore, idempotency } from "../src/commit/idempotency.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { newId } from "../src/core/ids.ts";
import { type Outcome, Park, RetryLater, StateMoved } from "../src/core/outcome.ts";
import type { Envelope } from "../src/envelope/envelope.ts";

const lost: Outcome = { kind: "lost", errorCode: "LOST_BEFORE" };
const duplicate: Outcome = { kind: "duplicate", receipt: undefined };

let calls: string[];
let found: () => Promise<Outcome | undefined>;
let committed: Outcome;
let middleware: ReturnType<typeof idempotency>;

const store: EvidenceStore = {
  async find() {
    calls.push("find");
    return found();
  },
  async commit() {
    calls.push("commit");
    return committed;
  },
  begin: () => calls.push("begin"),
  end: () => calls.push("end"),
};

beforeEach(() => {
  calls = [];
  found = async () => undefined;
  committed = { kind: "done", receipt: "a receipt" };
  middleware = idempotency({ evidence: store });
});

describe("what this process has done", () => {
  it.each<[string, Parameters<typeof aDelivery>[0], Outcome, boolean]>([
    ["with a write", { writes: 1 }, { kind: "done" }, true],
    ["with a message", { messages: 1 }, { kind: "done" }, true],
    ["found by its commit", { writes: 1 }, duplicate, true],
    ["with nothing, which may find something the next time", {}, { kind: "done" }, false],
    ["with a loss", { writes: 1 }, lost, false],
  ])("G2: is remembered of a run that ended %s, or not: %s", async (_how, work, outcome, isRemembered) => {
    committed = outcome;
    const delivery = aDelivery(work);
    expect(await run(delivery)).toEqual(outcome);
    expect(calls).toEqual(["begin", "commit"]);
    calls = [];
    expect(await before(delivery)).toEqual(isRemembered ? duplicate : undefined);
    expect(await middleware.find?.(delivery)).toEqual(isRemembered ? duplicate : undefined);
    expect(calls).toEqual(isRemembered ? [] : ["begin", "find"]);
  });

  it.each([
    [duplicate, true],
    [lost, false],
  ])("G2: is remembered of what the evidence says, but for a loss: %j", async (outcome, isRemembered) => {
    found = async () => outcome;
    const delivery = aDelivery({ receiveCount: 2 });
    expect(await before(delivery)).toEqual(outcome);
    expect(calls).toEqual(["begin", "find", "end"]);
    found = async () => undefined;
    expect(await before(delivery)).toEqual(isRemembered ? duplicate : undefined);
  });
});

describe("the evidence", () => {
  it("is asked first for a redelivered message, and for no other of a store whose commit is cheap", async () => {
    const { sqsMessage: _, ...request } = aDelivery();
    committed = duplicate;
    await run(aDelivery());
    calls = [];
    for (const delivery of [request, aDelivery()]) expect(await before(delivery)).toBeUndefined();
    expect(calls).toEqual(["begin", "begin"]);
    await before(aDelivery({ receiveCount: 2 }));
    expect(calls).toEqual(["begin", "begin", "begin", "find"]);
  });

  it("G2: is not asked what data says that was not fetched: the run fetches it", async () => {
    const [park, wait] = [new Park("ID_REUSED", "other data"), new RetryLater("LEASE_HELD")];
    const { data: _, ...message } = anEnvelope({ dataref: "claim" });
    const unread = aDelivery({ message: message as Envelope });
    found = () => Promise.reject(park);
    expect(await middleware.find?.(unread)).toBeUndefined();
    await expect(middleware.find?.(aDelivery())).rejects.toBe(park);
    found = () => Promise.reject(wait);
    await expect(middleware.find?.(unread)).rejects.toBe(wait);
  });

  it("G1: is not written for a unit that does not pass its checks", async () => {
    const delivery = aDelivery({ writes: 1 });
    const refused = new Park("PUBLISH_INVALID", "no");
    const unit = { ...delivery.unit, checked: () => Promise.reject(refused) };
    await expect(run({ ...delivery, unit })).rejects.toBe(refused);
    expect(calls).toEqual(["begin"]);
  });

  it("may be in a store that needs to hear of no run", async () => {
    const { find, commit } = store;
    middleware = idempotency({ evidence: { find, commit } });
    found = async () => duplicate;
    expect(await before(aDelivery({ receiveCount: 2 }))).toEqual(duplicate);
    expect(await fail(aDelivery(), new Error("no"))).toEqual(duplicate);
  });
});

describe("a run that failed", () => {
  it("G2: is a duplicate when the evidence says so", async () => {
    found = async () => duplicate;
    expect(await fail(aDelivery(), new Park("COUNTED", "no"))).toEqual(duplicate);
    expect(calls).toEqual(["end", "find"]);
  });

  it("is repeated on fresh state, whatever the evidence says", async () => {
    expect(await fail(aDelivery(), new StateMoved("an item"))).toBeUndefined();
    expect(calls).toEqual(["end"]);
  });

  it.each([
    [new Park("ID_REUSED", "other data"), true],
    [new RetryLater("SEQUENCE_AHEAD"), true],
    [new TypeError("unread"), false],
  ])(
    "G2, G7: ends as the evidence says, if that is an end, and the guards let it pass: %s",
    async (trouble, counts) => {
      found = () => Promise.reject(trouble);
      expect(await fail(aDelivery(), new Error("no"))).toBeUndefined(); // a guard refused it
      const delivery = aDelivery();
      await before(delivery);
      if (counts) await expect(fail(delivery, new Error("no"))).rejects.toBe(trouble);
      else expect(await fail(delivery, new Error("no"))).toBeUndefined();
    },
  );
});

type Request = Parameters<NonNullable<typeof middleware.before>>[0];

function requestOf(event: Delivery, more: Partial<Request> = {}): Request {
  return { event, context: {}, response: "a receipt", error: null, internal: {}, ...more } as Request;
}

async function before(delivery: Delivery): Promise<unknown> {
  return middleware.before?.(requestOf(delivery));
}

async function run(delivery: Delivery): Promise<unknown> {
  await before(delivery);
  const request = requestOf(delivery);
  await middleware.after?.(request);
  return request.response;
}

async function fail(delivery: Delivery, error: Error): Promise<unknown> {
  return middleware.onError?.(requestOf(delivery, { error }));
}

function aDelivery({
  message = anEnvelope({ id: newId() }),
  receiveCount = 1,
  writes = 0,
  messages = 0,
}: {
  message?: Envelope;
  receiveCount?: number;
  writes?: number;
  messages?: number;
} = {}): Delivery {
  const unit = unitOfWork({ contract: { name: "tests", publishes: [] }, cause: message });
  const work = {
    ...unit,
    writes: Array(writes).fill({}),
    messages: Array(messages).fill(message),
  };
  const sqsMessage = { body: "", attributes: {}, queueName: "tests", receiveCount };
  return { consumer: "tests", message, unit: work, deadlineMs: 0, sqsMessage };
}
