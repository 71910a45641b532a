import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import type { Context } from "aws-lambda";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import type { Delivery } from "../src/commit/delivery.ts";
import { type Effect, type EffectWork, effects, NotPerformed } from "../src/commit/effect.ts";
import { leaseTable } from "../src/commit/lease.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { nowMs, setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";
import { Park, RetryLater } from "../src/core/outcome.ts";

interface Consignment {
  readonly consignmentId: string;
}

let world: World;
let carrier: TestCarrier;
let wary: TestCarrier;
let faults: FaultAtCall | undefined;
let key: string;
let aheadMs = 0;
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();

beforeAll(async () => {
  [world, carrier, wary] = await Promise.all([aWorld(), aCarrier(), aCarrier({ refusesOldFences: true })]);
  world.enter("Second/");
  setClock(() => startMs + aheadMs);
});
beforeEach(() => {
  key = newId();
});
afterEach(() => faults?.remove());
afterAll(() => Promise.all([world.stop(), carrier.stop(), wary.stop()]));

describe("an effect", () => {
  it("G8: is performed once, and every delivery gets what was recorded", async () => {
    const performed: unknown[] = [];
    const work = {
      perform: async (attempt: { key: string; fence: number }) => {
        performed.push(attempt);
        return { at: new Date(0), left: undefined };
      },
    };
    const results = [await delivery()(key, work), await delivery()(key, work)];
    expect(results).toEqual([{ at: "1970-01-01T00:00:00.000Z" }, { at: "1970-01-01T00:00:00.000Z" }]);
    expect(performed).toMatchObject([{ key, fence: 1 }]);
  });

  it("G8: of another consumer with the same key is another effect", async () => {
    await delivery("one")(key, booking());
    await delivery("two")(key, booking());
    expect(carrier.consignments(key)).toBe(2);
  });

  it("D1: is not locked out by its own lease when the response to acquiring it is lost", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "lost-response" });
    await delivery()(key, booking());
    expect(faults.calls).toHaveLength(3);
    expect(carrier.consignments(key)).toBe(1);
  });

  it("G8: waits while another delivery holds the lease, and says for how long", async () => {
    const gate = Promise.withResolvers<Consignment>();
    const first = delivery()(key, { perform: () => gate.promise });
    await leaseHeld();
    await expect(delivery()(key, booking())).rejects.toMatchObject({
      code: "LEASE_HELD",
      retryAfterSeconds: 27, // 24.5 s of lease and 2 s of grace
      waited: true,
    });
    gate.resolve({ consignmentId: "C1" });
    expect(await first).toEqual({ consignmentId: "C1" });
    expect(carrier.consignments(key)).toBe(0);
  });

  it("G8: asks only after the lease and a grace period, never while the request may be on its way", async () => {
    const lost = booking();
    carrier.trouble("POST", "response-lost");
    await expect(delivery()(key, lost)).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      retryAfterSeconds: 27,
    });
    aheadMs += 25_000; // the lease is over, the grace period is not
    await expect(delivery()(key, lost)).rejects.toMatchObject({ code: "LEASE_HELD" });
    aheadMs += 2_000;
    expect(await delivery()(key, lost)).toMatchObject({ consignmentId: expect.any(String) });
    expect(carrier.consignments(key)).toBe(1);
  });

  it("G8: without a lookup is parked as in doubt at once, and ever after", async () => {
    const { perform } = booking();
    carrier.trouble("POST", "response-lost");
    await expect(delivery()(key, { perform })).rejects.toMatchObject({ name: "Park", code: "IN_DOUBT" });
    aheadMs += 60_000;
    await expect(delivery()(key, { perform })).rejects.toMatchObject({ name: "Park", code: "IN_DOUBT" });
    expect(carrier.consignments(key)).toBe(1);
  });

  it("G6, G8: in doubt, it says by what, for whoever asks the other side", async () => {
    const trouble = new TypeError("half an answer");
    const perform = async () => Promise.reject(trouble);
    const refused = delivery()(key, { perform });
    await expect(refused).rejects.toMatchObject({ code: "IN_DOUBT", cause: trouble });
    await expect(refused).rejects.toThrow(`${key}: unknown whether it happened; fence 1, item effect:`);
    const lookup = async () => undefined;
    const asked = delivery()(`${key}-asked`, { perform, lookup });
    await expect(asked).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      cause: trouble,
      lastly: { code: "IN_DOUBT", cause: trouble },
    });
  });

  it("G8: that cannot be looked up is not performed: no answer is not a no", async () => {
    const work = booking();
    carrier.trouble("POST", "response-lost");
    await expect(delivery()(key, work)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    aheadMs += 60_000;
    const unanswered = { ...work, lookup: async () => Promise.reject(new TypeError("nobody there")) };
    await expect(delivery()(key, unanswered)).rejects.toMatchObject({
      code: "LOOKUP_FAILED",
      lastly: { code: "IN_DOUBT" },
    });
    expect(carrier.consignments(key)).toBe(1);
  });

  it.each([new Park("REFUSED", "not there"), new RetryLater("BUSY", 3)])(
    "G8: that was certainly not performed releases its lease and ends as NotPerformed says ($code)",
    async (outcome) => {
      const refused = async () => Promise.reject(new NotPerformed(outcome));
      await expect(delivery()(key, { perform: refused })).rejects.toBe(outcome);
      const fences: number[] = [];
      await delivery()(key, {
        async perform({ fence }) {
          fences.push(fence);
          return true;
        },
      });
      expect(fences).toEqual([2]);
    },
  );

  it("G8: that cannot give its lease back says so, ends all the same, and is looked up next", async () => {
    const outcome = new Park("REFUSED", "not there");
    faults = faultAtCall(dynamodb(), { nth: 2, fault: "down" });
    const lines = await linesOf(async () => {
      const refused = delivery()(key, { perform: async () => Promise.reject(new NotPerformed(outcome)) });
      await expect(refused).rejects.toBe(outcome);
    });
    faults.remove();
    const said = lines.filter(({ code }) => code === "LEASE_NOT_RELEASED");
    expect(said).toMatchObject([{ level: "WARN", errorCode: "TimeoutError" }]);
    expect(said[0]?.leaseId).toMatch(/^effect:[^:]+$/);
    aheadMs += 60_000;
    const work = { perform: async () => "performed", lookup: async () => "found" };
    expect(await delivery()(key, work)).toBe("found");
  });

  it.each([
    [new Park("ODD_ANSWER", "what?"), { name: "Park", code: "ODD_ANSWER" }],
    [new RetryLater("BUSY", 1), { code: "BUSY", retryAfterSeconds: 27, lastly: { code: "IN_DOUBT" } }],
    [new RetryLater("CLOSED", 60), { code: "CLOSED", retryAfterSeconds: 60, lastly: { code: "IN_DOUBT" } }],
    [new TypeError("half an answer"), { code: "OUTCOME_UNKNOWN", lastly: { code: "IN_DOUBT" } }],
  ])(
    "G8: is open after any other error, also one that ends the message, and is looked up next (%s)",
    async (error, expected) => {
      const work = booking();
      const booksAndFails = async (attempt: { fence: number; signal: AbortSignal }) => {
        await work.perform(attempt);
        throw error;
      };
      await expect(delivery()(key, { ...work, perform: booksAndFails })).rejects.toMatchObject(expected);
      aheadMs += 60_000;
      await delivery()(key, work);
      expect(carrier.consignments(key)).toBe(1);
    },
  );

  it("G8: aborts a perform before its lease ends, and goes on even if that does not listen", async () => {
    let signal: AbortSignal | undefined;
    const deaf = (attempt: { signal: AbortSignal }) => {
      signal = attempt.signal;
      return new Promise<never>(() => undefined);
    };
    const remainingMs = 2_600; // a busy machine takes a second before it begins
    const leaseEnds = new Promise((resolve) => setTimeout(resolve, remainingMs, "its lease ends"));
    const performed = delivery("tests", remainingMs)(key, { perform: deaf, lookup: async () => undefined });
    await expect(Promise.race([performed, leaseEnds])).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(signal?.aborted).toBe(true);
  });

  it("G11: is not begun when too little time is left, and leaves no lease", async () => {
    faults = faultAtCall(dynamodb());
    await expect(delivery("tests", 1_400)(key, booking())).rejects.toMatchObject({
      code: "TIME_SHORT",
      waited: true,
    });
    expect(faults.calls).toEqual([]);
    await delivery()(key, booking());
    expect(carrier.consignments(key)).toBe(1);
  });

  it.each([
    ["nothing", ""],
    ["too much", "k".repeat(513)],
  ])("D14: parks a key that names %s", async (_, bad) => {
    await expect(delivery()(bad, booking())).rejects.toMatchObject({ code: "EFFECT_KEY_INVALID" });
  });

  it("G11: parks a result too large for its record by name, and does not perform again", async () => {
    let performed = 0;
    const large = { perform: async () => `${performed++}`.padEnd(100_000, "x"), lookup: async () => "found" };
    await expect(delivery()(key, large)).rejects.toMatchObject({ code: "EFFECT_RESULT_TOO_LARGE" });
    aheadMs += 60_000;
    expect(await delivery()(key, large)).toBe("found");
    expect(performed).toBe(1);
  });

  it("D14, G11: takes the longest key, and records the largest result", async () => {
    const result = "x".repeat(99_998); // and its quotation marks
    expect(await delivery()(key.padEnd(512, "k"), { perform: async () => result })).toBe(result);
  });

  it("G6: parks a result that JSON cannot keep by name", async () => {
    const odd = { perform: async () => ({ n: 1n }) };
    await expect(delivery()(key, odd)).rejects.toMatchObject({ name: "Park", code: "EFFECT_RESULT_INVALID" });
  });

  it("G8: is not performed when its lookup took the time, and its lease is given back", async () => {
    const fences: number[] = [];
    const fails = { perform: async () => Promise.reject(new Error("no")), lookup: async () => undefined };
    await expect(delivery()(key, fails)).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    aheadMs += 60_000;
    const perform = async ({ fence }: { fence: number }) => fences.push(fence);
    const lookup = async () => {
      aheadMs += 23_300; // of 24.5 s, of which half a second is kept back
      return undefined;
    };
    await expect(delivery()(key, { perform, lookup })).rejects.toMatchObject({ code: "TIME_SHORT" });
    await delivery()(key, { perform });
    expect(fences).toEqual([3]);
  });

  it("refuses a grace period out of range by name", () => {
    expect(() => effects({ graceMs: -1 })).toThrow("graceMs must be a whole number from 0 to 900000, got -1");
  });
});

describe("an overtaken worker", () => {
  it("G8: does not perform when it was stopped before it began", async () => {
    expect(await bookingsWhenOvertaken(delivery)).toBe(1);
  });

  it("G8: changes nothing of what its successor recorded", async () => {
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<Consignment>()];
    const late = delivery()(key, {
      perform() {
        begun.resolve();
        return gate.promise;
      },
    });
    await begun.promise;
    aheadMs += 60_000;
    const recorded = await delivery()(key, booking());
    gate.resolve({ consignmentId: "late" });
    await expect(late).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(await delivery()(key, booking())).toEqual(recorded);
  });

  it("G8: stopped between its check and its request, is refused by another side that compares fences", async () => {
    expect(await bookingsWhenStoppedInPerform(wary)).toBe(1);
  });

  it("the remaining risk: stopped at that point, it books twice if the other side keeps neither keys nor fences", async () => {
    expect(await bookingsWhenStoppedInPerform(carrier)).toBe(2);
  });
});

describe("a strategy that must fail", () => {
  it("repeating the work of an expired lease without asking doubles the effect", async () => {
    expect(await bookingsAfterALostAnswer(repeatsBlindly)).toBe(2);
    key = newId();
    expect(await bookingsAfterALostAnswer(delivery)).toBe(1);
  });

  it("lease with an owner token that the effect does not check: the overtaken worker doubles the effect", async () => {
    expect(await bookingsWhenOvertaken(checksNothingBeforeItsRequest)).toBe(2);
  });

  it("lease without a fence: the overtaken worker writes over what its successor recorded", async () => {
    const first = withoutFence();
    await first.acquire();
    await withoutFence().settle("the successor's");
    await first.settle("the late one's");
    expect(await world.get(world.output("SecondEvidenceTable"), key)).toMatchObject({
      result: "the late one's",
    });
  });
});

type Start = () => Effect;

async function bookingsAfterALostAnswer(start: Start): Promise<number> {
  carrier.trouble("POST", "response-lost");
  await expect(start()(key, booking())).rejects.toThrow();
  aheadMs += 60_000;
  await start()(key, booking());
  return carrier.consignments(key);
}

/** Stops the first worker once its lease is written, and lets it go on after a second worker has finished. */
async function bookingsWhenOvertaken(start: Start): Promise<number> {
  faults = faultAtCall(dynamodb(), { nth: 1, fault: "paused-after" });
  const deaf = new AbortController().signal; // the check before it must hold it back, not the abort after it
  const work = booking();
  let request: Promise<Consignment> | undefined;
  const stopped = start()(key, {
    ...work,
    perform({ fence }) {
      request = work.perform({ fence, signal: deaf });
      return request;
    },
  });
  await faults.stopped;
  faults.remove();
  aheadMs += 60_000;
  await start()(key, booking());
  faults.resume();
  await stopped.catch(() => undefined);
  await request;
  return carrier.consignments(key);
}

async function bookingsWhenStoppedInPerform(other: TestCarrier): Promise<number> {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const work = booking(other);
  const stopped = delivery()(key, {
    ...work,
    async perform(attempt) {
      begun.resolve();
      await gate.promise;
      return work.perform(attempt);
    },
  });
  await begun.promise;
  aheadMs += 60_000;
  const recorded = await delivery()(key, work);
  gate.resolve();
  await expect(stopped).rejects.toThrow();
  expect(await delivery()(key, work)).toEqual(recorded);
  return other.consignments(key);
}

function booking(other: TestCarrier = carrier) {
  const reference = key;
  return {
    async perform({ fence, signal }: { fence: number; signal: AbortSignal }): Promise<Consignment> {
      const body = JSON.stringify({ reference, fence });
      const response = await fetch(`${other.url}/consignments`, { method: "POST", body, signal });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return (await response.json()) as Consignment;
    },
    async lookup({ signal }: { signal: AbortSignal }): Promise<Consignment | undefined> {
      const response = await fetch(`${other.url}/consignments?reference=${reference}`, { signal });
      return ((await response.json()) as Consignment[])[0];
    },
  } satisfies EffectWork<Consignment>;
}

/** `effect` as a handler gets it in one delivery. */
function delivery(consumer = "tests", remainingMs = 24_500): Effect {
  const message = anEnvelope();
  const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: message });
  const event: Delivery = { consumer, message, unit, deadlineMs: nowMs() + remainingMs };
  const context = aContext() as Context & { effect: Effect };
  const request = { event, context, response: undefined, error: undefined, internal: {} };
  effects().before?.(request);
  expect(context.effect).toBeUndefined(); // the invocation's own context is shared by a batch
  return request.context.effect;
}

function repeatsBlindly(): Effect {
  return async (name, { perform }) => {
    const lease = await claimOf(name);
    const result = await perform({ key: name, fence: lease.fence, signal: new AbortController().signal });
    await lease.settle(result);
    return result;
  };
}

function checksNothingBeforeItsRequest(): Effect {
  return async (name, { perform, lookup }) => {
    const lease = await claimOf(name);
    const { signal } = new AbortController();
    const known = lease.fence > 1 ? await lookup?.({ key: name, signal }) : undefined;
    const result = known ?? (await perform({ key: name, fence: lease.fence, signal }));
    await lease.settle(result);
    return result;
  };
}

async function claimOf(name: string) {
  const leases = leaseTable({ table: world.output("SecondEvidenceTable"), graceMs: 0 });
  const acquired = await leases.acquire({ id: name, untilMs: nowMs() + 5_000, about: {} });
  if (acquired.kind !== "granted") throw new Error(acquired.kind);
  return acquired.lease;
}

function withoutFence() {
  const table = world.output("SecondEvidenceTable");
  return {
    acquire: () => world.put(table, { id: key, state: "claimed" }),
    settle: (result: string) => world.put(table, { id: key, state: "settled", result }),
  };
}

/** Waits until the lease of the running delivery is in the table. */
async function leaseHeld(): Promise<void> {
  for (;;) {
    const items = await world.items(world.output("SecondEvidenceTable"));
    if (items.some((item) => item.key === key)) return;
  }
}
