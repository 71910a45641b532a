import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type CallFault, type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { leaveOut } from "@essentially-once/testing/internal/support/partial-answers";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { dynamodb } from "../src/aws/clients.ts";
import { type Acquisition, type Lease, type LeaseTable, leaseTable } from "../src/commit/lease.ts";
import { nowMs, nowSeconds, setClock } from "../src/core/clock.ts";
import { newId } from "../src/core/ids.ts";

let world: World;
let leases: LeaseTable;
let faults: FaultAtCall | undefined;
let id: string;
let aheadMs = 0;
/** The clock stands between its moves: a busy machine must not count as time. */
const startMs = Date.now();

beforeAll(async () => {
  world = await aWorld();
  leases = leaseTable({ table: world.output("SecondEvidenceTable"), graceMs: 2_000 });
  setClock(() => startMs + aheadMs);
});
beforeEach(() => {
  id = newId();
});
afterEach(() => faults?.remove());
afterAll(() => world.stop());

describe("a lease", () => {
  it("G8: of five that acquire it at once one is granted", async () => {
    const acquisitions = await Promise.all([1, 2, 3, 4, 5].map(() => acquire()));
    expect(acquisitions.map(({ kind }) => kind).sort()).toEqual(["granted", "held", "held", "held", "held"]);
  });

  it("G8: of five that overtake at once one is granted, in doubt and with a higher fence", async () => {
    await acquire();
    aheadMs += 60_000;
    const acquisitions = await Promise.all([1, 2, 3, 4, 5].map(() => acquire()));
    const granted = acquisitions.filter((one) => one.kind === "granted");
    expect(granted).toMatchObject([{ inDoubt: true, lease: { fence: 2 } }]);
  });

  it.each<[CallFault, number]>([
    ["lost-request", 1],
    ["lost-response", 1],
    ["lost-response", 2],
  ])("D1: acquired from an overdue owner, it is in doubt after a %s at call %i", async (fault, nth) => {
    await acquire();
    aheadMs += 60_000;
    faults = faultAtCall(dynamodb(), { nth, fault });
    expect(await acquire()).toMatchObject({ kind: "granted", inDoubt: true, lease: { fence: 2 } });
  });

  it("G8: is respected until its end and a grace period, to the second", async () => {
    await acquire();
    aheadMs += 6_000;
    expect(await acquire()).toEqual({ kind: "held", retryAfterSeconds: 1 });
    aheadMs += 1_000;
    expect(await acquire()).toMatchObject({ kind: "granted" });
  });

  it("G8: can be acquired from the millisecond on at which its owner is overtaken", async () => {
    const atMs = nowMs();
    onTestFinished(() => void setClock(() => startMs + aheadMs));
    setClock(() => atMs);
    const { overtakenAfterMs } = await granted();
    expect(overtakenAfterMs).toBe(atMs + 7_000);
    setClock(() => overtakenAfterMs - 1);
    expect(await acquire()).toEqual({ kind: "held", retryAfterSeconds: 1 });
    setClock(() => overtakenAfterMs);
    expect(await acquire()).toMatchObject({ kind: "granted" });
  });

  it("G8: is acquired anew when its item has gone before the answer says what it was", async () => {
    let refusals = 0;
    const name = "gone";
    dynamodb().middlewareStack.add(
      (next) => (args) =>
        refusals++ > 0
          ? next(args)
          : Promise.reject(new ConditionalCheckFailedException({ message: "gone", $metadata: {} })),
      { step: "initialize", name },
    );
    onTestFinished(() => void dynamodb().middlewareStack.remove(name));
    expect(await acquire()).toMatchObject({ kind: "granted", inDoubt: false, lease: { fence: 1 } });
  });

  it("G8: an owner cannot settle what it gave back, what another settled, or what has gone", async () => {
    const lease = await granted();
    const lost = { code: "LEASE_LOST" };
    await lease.release();
    await expect(lease.settle("late")).rejects.toMatchObject(lost);
    await (await granted()).settle("done");
    await expect(lease.settle("late")).rejects.toMatchObject(lost);
    await world.remove(world.output("SecondEvidenceTable"), id);
    await expect(lease.settle("late")).rejects.toMatchObject(lost);
  });

  it("G6: is not acquired for any other trouble than that another has it, and says what it is", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "down" });
    await expect(acquire()).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("G8: gives the result that its owner settled, also long after", async () => {
    const lease = await granted();
    expect(await lease.settle({ n: 1 })).toEqual({ n: 1 });
    aheadMs += 70 * 86_400_000;
    expect(await acquire()).toMatchObject({ kind: "settled", result: { n: 1 }, about: { note: "kept" } });
  });

  it("D1: settles when the response to that is lost and the SDK tries again", async () => {
    const lease = await granted();
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "lost-response" });
    expect(await lease.settle("done")).toBe("done");
    expect(faults.calls).toHaveLength(2);
  });

  it("G9: settles once: the second result is the first", async () => {
    const lease = await granted();
    await lease.settle("done");
    expect(await lease.settle("lost")).toBe("done");
  });

  it("G8: an overtaken owner can neither settle nor give back", async () => {
    const first = await granted();
    aheadMs += 60_000;
    const second = await granted();
    await expect(first.settle("late")).rejects.toMatchObject({ code: "LEASE_LOST" });
    await first.release();
    expect(await acquire()).toMatchObject({ kind: "held" });
    expect(await second.settle("done")).toBe("done");
  });

  it("G6: reports a wait when others changed it at each of five attempts to acquire it", async () => {
    let times = 0;
    const changed = () => {
      const Item = marshall({ id, state: "free", owner: newId(), fence: ++times, untilMs: 0 });
      return Promise.reject(new ConditionalCheckFailedException({ message: "changed", $metadata: {}, Item }));
    };
    dynamodb().middlewareStack.add(() => changed, { step: "initialize", name: "changed" });
    onTestFinished(() => void dynamodb().middlewareStack.remove("changed"));
    await expect(acquire()).rejects.toMatchObject({ code: "CONTENDED", waited: true });
    expect(times).toBe(5);
  });

  it("once released, is acquired at once, not in doubt, and with a higher fence", async () => {
    const lease = await granted();
    await lease.release();
    expect(await acquire()).toMatchObject({ kind: "granted", inDoubt: false, lease: { fence: 2 } });
  });

  it("G2: evidence that rows wrote is settled", async () => {
    await world.put(world.output("SecondEvidenceTable"), { id, consumer: "tests", digest: "abc" });
    expect(await acquire()).toMatchObject({ kind: "settled", about: { digest: "abc" } });
  });

  it("D13: its item outlives every redelivery, counted from the last change", async () => {
    const lease = await granted();
    aheadMs += 5_000;
    await lease.settle("done");
    const { expiresAt } = (await world.get(world.output("SecondEvidenceTable"), id)) ?? {};
    expect(Number(expiresAt) - nowSeconds()).toBeGreaterThan(60 * 86_400 - 5);
  });
});

describe("leases of one moment", () => {
  const ids = Array.from({ length: 10 }, () => newId());
  const all = () => Promise.all(ids.map((one) => acquire(one)));
  const theirs = (acquisitions: readonly Acquisition[]) =>
    acquisitions.map((one) => {
      if (one.kind !== "granted") throw new Error(`a lease was ${one.kind}`);
      return one.lease;
    });
  beforeEach(() => {
    for (const n of ids.keys()) ids[n] = newId();
  });

  it("G8: ten are acquired in one request, and ten results are stored in another", async () => {
    faults = faultAtCall(dynamodb());
    const acquired = theirs(await all());
    expect(acquired.map(({ fence }) => fence)).toEqual(Array(10).fill(1));
    expect(await Promise.all(acquired.map((lease, n) => lease.settle({ n })))).toEqual(
      ids.map((_, n) => ({ n })),
    );
    expect(faults.calls).toEqual(["BatchExecuteStatementCommand", "BatchExecuteStatementCommand"]);
    expect(await all()).toMatchObject(
      ids.map((_, n) => ({ kind: "settled", result: { n }, about: { note: "kept" } })),
    );
  });

  it("D1: each owner finds its own lease, and its own result, when the response is lost", async () => {
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "lost-response" });
    const acquired = theirs(await all());
    faults.remove();
    faults = faultAtCall(dynamodb(), { nth: 1, fault: "lost-response" });
    expect(await Promise.all(acquired.map((lease) => lease.settle("done")))).toEqual(Array(10).fill("done"));
    expect(faults.calls.length).toBeGreaterThan(1);
    expect((await all()).map(({ kind }) => kind)).toEqual(Array(10).fill("settled"));
  });

  it("G5, G8: a lease that another has is held, one that is settled gives its result, and the others are granted", async () => {
    await acquire(ids[0]);
    await theirs([await acquire(ids[1])])[0]?.settle("done");
    faults = faultAtCall(dynamodb());
    const [held, settled, ...others] = await all();
    expect(faults.calls).toEqual(["BatchExecuteStatementCommand", "BatchGetItemCommand"]);
    expect([held, settled]).toMatchObject([{ kind: "held" }, { kind: "settled", result: "done" }]);
    expect(theirs(others)).toHaveLength(8);
  });

  it("G5: one whose statement is refused for something else is acquired by itself", async () => {
    const failure = { SenderFault: true, Code: "ValidationError" };
    const partial = leaveOut(dynamodb(), { command: "BatchExecuteStatementCommand", failure });
    onTestFinished(() => partial.remove());
    faults = faultAtCall(dynamodb());
    expect(theirs(await all()).map(({ fence }) => fence)).toEqual(Array(10).fill(1));
    expect(faults.calls).toEqual(["BatchExecuteStatementCommand", "PutItemCommand"]);
  });

  it("G8: an overtaken owner cannot settle, and the others can", async () => {
    const acquired = theirs(await all());
    aheadMs += 60_000;
    theirs([await acquire(ids[0])]);
    const ends = await Promise.allSettled(acquired.map((lease) => lease.settle("done")));
    expect(ends.map(({ status }) => status)).toEqual(["rejected", ...Array(9).fill("fulfilled")]);
    expect(ends[0]).toMatchObject({ reason: { code: "LEASE_LOST" } });
  });

  it("G9: settles once, also when both results are stored at once", async () => {
    const [lease] = theirs(await all());
    const results = await Promise.all([lease?.settle("done"), lease?.settle("lost")]);
    expect(new Set(results).size).toBe(1);
  });

  it("D13: their items outlive every redelivery, counted from the last change", async () => {
    const acquired = theirs(await all());
    aheadMs += 5_000;
    await Promise.all(acquired.map((lease) => lease.settle("done")));
    const { expiresAt } = (await world.get(world.output("SecondEvidenceTable"), ids[3] ?? "")) ?? {};
    expect(Number(expiresAt) - nowSeconds()).toBeGreaterThan(60 * 86_400 - 5);
  });
});

function acquire(name = id): Promise<Acquisition> {
  return leases.acquire({
    id: name,
    untilMs: nowMs() + 5_000,
    about: { note: "kept" },
  });
}

async function granted(): Promise<Lease> {
  const answer = await acquire();
  if (answer.kind !== "granted") throw new Error(`the lease was ${answer.kind}`);
  return answer.lease;
}
