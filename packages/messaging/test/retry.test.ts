import fc from "fast-check";
import { expect, it } from "vitest";
import { nowMs } from "../src/core/clock.ts";
import { backoffSeconds, beforeNextCommit, waitToRetry } from "../src/core/retry.ts";

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
