import { describe, expect, it } from "vitest";
import { processBatch } from "../src/aws/batch.ts";
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
    const restoreClock = setClock(() => startMs + passedMs);
    try {
      const failed = await processBatch(["a1", "a2"], {
        deadlineMs: startMs + anHourMs,
        keyOf: () => "a",
        async work(item) {
          begun.push(item);
          passedMs = anHourMs;
          return true;
        },
      });
      expect(begun).toEqual(["a1"]);
      expect(failed).toEqual(["a2"]);
    } finally {
      restoreClock();
    }
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
