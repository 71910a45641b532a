import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { beforeDeadline, processBatch } from "../src/aws/batch.ts";
import { nowMs, setClock } from "../src/core/clock.ts";

const anHourMs = 3_600_000;

describe("processBatch", () => {
  it("G5: returns only the items that failed, by answer or by rejection", async () => {
    const failed = await processBatch(["a", "b", "c", "d"], {
      deadlineMs: nowMs() + anHourMs,
      keyOf: (item) => item,
      async work(item) {
        if (item === "b") throw new Error("b fails");
        return item !== "d";
      },
    });
    expect(failed).toEqual(["b", "d"]);
  });

  it("Q3: runs items of one key one after the other, in order", async () => {
    const steps: string[] = [];
    await processBatch(["a1", "b1", "a2"], {
      deadlineMs: nowMs() + anHourMs,
      keyOf: (item) => item[0] ?? "",
      async work(item) {
        steps.push(`${item} starts`);
        await new Promise(setImmediate);
        steps.push(`${item} ends`);
        return true;
      },
    });
    expect(steps.indexOf("a1 ends")).toBeLessThan(steps.indexOf("a2 starts"));
    expect(steps.indexOf("b1 starts")).toBeLessThan(steps.indexOf("a1 ends"));
  });

  it("G11: begins nothing after the deadline", async () => {
    const begun: string[] = [];
    const startMs = nowMs();
    let passedMs = 0;
    onTestFinished(setClock(() => startMs + passedMs));
    const lines = await linesOf(async () => {
      const failed = await processBatch(["a1", "a2"], {
        deadlineMs: startMs + anHourMs,
        keyOf: () => "a",
        async work(item) {
          begun.push(item);
          passedMs = anHourMs;
          return true;
        },
      });
      expect(failed).toEqual(["a2"]);
    });
    expect(begun).toEqual(["a1"]);
    expect(lines.filter(({ code }) => code === "NOT_BEGUN")).toMatchObject([{ records: 1 }]);
  });

  it("G4: goes on with a key after a failure of it only where order does not count", async () => {
    for (const inOrder of [true, false]) {
      const lines = await linesOf(async () => {
        const failed = await processBatch(["a1", "a2", "b1"], {
          deadlineMs: nowMs() + anHourMs,
          keyOf: (item) => item[0] ?? "",
          inOrder,
          work: async (item) => item !== "a1",
        });
        expect(failed).toEqual(inOrder ? ["a1", "a2"] : ["a1"]);
      });
      expect(lines).toEqual([]); // there was time for it
    }
  });

  it("Q13: tells what had begun and had not ended, with its time; what had not begun has a line", async () => {
    const told: [string, number][] = [];
    let failed: string[] = [];
    const lines = await linesOf(async () => {
      failed = await processBatch(["a ends", "b", "b too", "c", "d", "d too"], {
        deadlineMs: nowMs() + 600,
        keyOf: (item) => item[0] ?? "",
        work: (item) => (item === "a ends" ? Promise.resolve(true) : new Promise(() => undefined)),
        async unfinished(item, ranMs) {
          told.push([item, ranMs]);
          if (item === "d") throw new Error("it cannot be settled");
          await new Promise((resolve) => setTimeout(resolve, 20));
          return item === "c";
        },
      });
    });
    expect(failed).toEqual(["b", "b too", "d", "d too"]);
    expect(told.map(([item]) => item)).toEqual(["b", "c", "d"]);
    for (const [, ranMs] of told) expect([ranMs >= 200, ranMs < 60_000]).toEqual([true, true]);
    expect(lines).toMatchObject([{ level: "WARN", code: "NOT_BEGUN", records: 2 }]);
  });

  it("Q13: has no line when all was begun, and leaves no timer behind", async () => {
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    onTestFinished(() => cleared.mockRestore());
    const lines = await linesOf(async () => {
      await processBatch(["a"], {
        deadlineMs: nowMs() + anHourMs,
        keyOf: String,
        work: async () => true,
        unfinished: () => Promise.reject(new Error("it ended")),
      });
    });
    expect(lines).toEqual([]);
    expect(cleared).toHaveBeenCalledTimes(2);
  });

  it("G11: works on at most a hundred keys at the same time", async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 500 }, (_, index) => String(index));
    await processBatch(items, {
      deadlineMs: nowMs() + anHourMs,
      keyOf: (item) => item,
      async work() {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        return true;
      },
    });
    expect(most).toBe(100);
  });

  it("Q13: answers at the deadline and returns what had not finished or not started", async () => {
    const started: string[] = [];
    const failed = await processBatch(["quick", "stuck", "stuck too"], {
      deadlineMs: nowMs() + 30,
      keyOf: (item) => item.split(" ")[0] ?? "",
      work(item) {
        started.push(item);
        return item === "quick" ? Promise.resolve(true) : new Promise<boolean>(() => undefined);
      },
    });
    expect(failed).toEqual(["stuck", "stuck too"]);
    expect(started).toEqual(["quick", "stuck"]);
  });

  it("Q13: starts nothing when the deadline has passed", async () => {
    const failed = await processBatch(["a"], {
      deadlineMs: nowMs() - 1,
      keyOf: (item) => item,
      work: () => Promise.reject(new Error("must not start")),
    });
    expect(failed).toEqual(["a"]);
  });
});

it("G11: who waited until a deadline finds that the clock agrees", async () => {
  const never = new Promise<never>(() => undefined);
  const clocks = await Promise.all(
    Array.from({ length: 400 }, async (_, index) => {
      const deadlineMs = Date.now() + 2 + (index % 40);
      await new Promise(setImmediate);
      await beforeDeadline(never, deadlineMs);
      return Date.now() - deadlineMs;
    }),
  );
  expect(Math.min(...clocks)).toBeGreaterThanOrEqual(0);
});
