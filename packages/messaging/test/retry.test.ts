import fc from "fast-check";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { nowMs, setClock } from "../src/core/clock.ts";
import { StateMoved } from "../src/core/outcome.ts";
import {
  backoffSeconds,
  beforeNextCommit,
  marginMs,
  pauseSeconds,
  visibilitySeconds,
  waitToRetry,
} from "../src/core/retry.ts";

it("G11: the backoff is a whole number of seconds between 1 and its ceiling, which doubles up to 15 minutes", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (receives, random) => {
        const seconds = backoffSeconds(receives, () => random);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(Math.min(2 ** receives, 900));
      },
    ),
  );
  expect([1, 2, 3, 9, 10, 500].map((receives) => backoffSeconds(receives, () => 0.9999))).toEqual([
    2, 4, 8, 512, 900, 900,
  ]);
});

it("G11: does not wait for a retry that would come after the deadline", async () => {
  expect(await waitToRetry({ attempt: 1, deadlineMs: nowMs() })).toBe(false);
  expect(await waitToRetry({ attempt: 1, deadlineMs: nowMs() + 60_000 })).toBe(true);
});

it("G6: a commit that is not sent again for want of time has waited, and says for what", async () => {
  const cause = new Error("slow down");
  const end = beforeNextCommit({ code: "ThrottlingError" }, { attempt: 1, deadlineMs: nowMs(), cause });
  await expect(end).rejects.toMatchObject({ code: "ThrottlingError", waited: true, cause });
});

it("G11: the pauses of a wait grow half as fast", () => {
  const pauses = [1, 2, 3, 4, 5, 30].map((wait) => pauseSeconds(wait, () => 0.9999));
  expect(pauses).toEqual([2, 2, 4, 4, 8, 900]);
});

it("G11: a delay is whole seconds as SQS takes them, counted from the receive", () => {
  const asked = [undefined, Number.NaN, -5, 0.2, 42_000, 42_001, Number.POSITIVE_INFINITY];
  expect(asked.map(visibilitySeconds)).toEqual([undefined, undefined, 0, 1, 42_000, 42_000, 42_000]);
});

describe("a wait in process", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("G11: is as long as chance says, up to a bound that doubles", async () => {
    const waits = watchedWaits();
    for (const attempt of [1, 2, 4, 9]) await waitToRetry({ attempt, deadlineMs: Number.POSITIVE_INFINITY });
    await waitToRetry({ attempt: 9, deadlineMs: Number.POSITIVE_INFINITY, maxMs: 600 });
    expect(waits).toEqual([25, 50, 200, 200, 300]);
  });

  it("G11: ends with time left before the deadline, or is none", async () => {
    const waits = watchedWaits();
    const restore = setClock(() => 1_000);
    onTestFinished(restore);
    expect(await waitToRetry({ attempt: 1, deadlineMs: 1_000 + 25 + marginMs })).toBe(true);
    expect(await waitToRetry({ attempt: 1, deadlineMs: 1_000 + 25 + marginMs - 1 })).toBe(false);
    expect(waits).toEqual([25]);
  });

  it("G6: another commit on the item is waited for once; then it has moved", async () => {
    const waits = watchedWaits();
    const conflict = { code: "TransactionConflict", item: "order-1" };
    await beforeNextCommit(conflict, { attempt: 1, deadlineMs: Number.POSITIVE_INFINITY });
    const moved = await beforeNextCommit(conflict, {
      attempt: 2,
      deadlineMs: Number.POSITIVE_INFINITY,
    }).catch((error: unknown) => error);
    expect(moved).toBeInstanceOf(StateMoved);
    expect(moved).toMatchObject(conflict);
    expect(waits).toHaveLength(1);
  });

  it("G11: other trouble is waited for four times", async () => {
    const waits = watchedWaits();
    const trouble = { code: "ThrottlingError" };
    const deadlineMs = Number.POSITIVE_INFINITY;
    for (const attempt of [1, 2, 3, 4]) await beforeNextCommit(trouble, { attempt, deadlineMs });
    const end = beforeNextCommit(trouble, { attempt: 5, deadlineMs });
    await expect(end).rejects.toMatchObject({ name: "RetryLater", ...trouble, waited: true });
    expect(waits).toHaveLength(4);
  });

  /** Waits that end at once, at half of what chance can say. */
  function watchedWaits(): number[] {
    const waits: number[] = [];
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(((done: () => void, ms: number) => {
      waits.push(ms);
      queueMicrotask(done);
    }) as never);
    return waits;
  }
});
