import { describe, expect, it } from "vitest";
import { dueMinute, partitionWritesMax } from "../src/simulation/due-minute.ts";

/** Of one dispatcher with a part of a CPU: a tenth of what the bench measures. */
const perDispatcher = 500;

describe("100,000 scheduled messages that are due in one minute", () => {
  it("drain within a minute by ten dispatchers, and no partition of the index is hot", () => {
    const figures = dueMinute({ due: 100_000, seconds: 60, perDispatcher, dispatchers: 10 });
    expect(figures.drainedAfterSeconds).toBe(60);
    expect(figures.unevenness).toBeLessThan(1.1);
    expect(figures.hottestSlotWrites).toBeLessThan(partitionWritesMax / 5);
  });

  it("in one second: within half a minute, and the index still has room", () => {
    const figures = dueMinute({ due: 100_000, seconds: 1, perDispatcher, dispatchers: 16 });
    expect(figures.drainedAfterSeconds).toBeLessThan(30);
    expect(figures.hottestSlotWrites).toBeLessThan(partitionWritesMax);
  });
});
