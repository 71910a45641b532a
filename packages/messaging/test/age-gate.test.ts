import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { codeAfter } from "@essentially-once/testing/middleware";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { ageGate } from "../src/trust/age-gate.ts";

const now = Date.parse("2026-06-15T12:00:00.000Z");
const dayMs = 86_400_000;
let restoreClock: () => void;

beforeEach(() => {
  restoreClock = setClock(() => now);
});
afterEach(() => restoreClock());

describe("ageGate", () => {
  it("G7: lets through what is inside the window of the evidence and parks what is older", async () => {
    expect(await codeAt(now)).toBeUndefined();
    expect(await codeAt(now - 59 * dayMs)).toBeUndefined();
    expect(await codeAt(now - 59 * dayMs - 1)).toBe("TOO_OLD");
  });

  it("G7: takes a narrower window", async () => {
    expect(await codeAt(now - 2 * dayMs, 2)).toBeUndefined();
    expect(await codeAt(now - 2 * dayMs - 1, 2)).toBe("TOO_OLD");
  });

  it("G7: parks a time in the future, which would outlast the evidence, but for a clock's error", async () => {
    expect(await codeAt(now + 300_000)).toBeUndefined();
    expect(await codeAt(now + 300_001)).toBe("TIME_IN_FUTURE");
    expect(await codeFor("9999-12-31T23:59:59Z")).toBe("TIME_IN_FUTURE");
  });

  it("says how old it is, or how far ahead", async () => {
    expect(await detailAt(now - 60.25 * dayMs)).toBe("60.3 days old, at most 59");
    expect(await detailAt(now + 301_400)).toBe("time is 301 s ahead");
  });

  it.each([0, -1, 60, 1e9, Number.NaN])("refuses a window of %s days, naming the range", (windowDays) => {
    expect(() => ageGate({ windowDays })).toThrow(
      `windowDays must be more than 0 and at most 59, got ${windowDays}`,
    );
  });

  it.each([
    "2026-06-15T12:00:00Z",
    "2026-06-15t12:00:00z",
    "2026-06-15T12:00:00.123456789Z",
    "2026-06-15T14:00:00+02:00",
    "2026-06-15T12:00:00-00:00",
    "2026-06-01T23:59:60Z",
    "2024-02-29T12:00:00Z",
  ])("reads %s as a time of RFC 3339", async (time) => {
    expect(await codeFor(time)).not.toBe("TIME_INVALID");
  });

  it.each([
    "yesterday",
    "2026-06-15",
    "2026-06-15T12:00:00",
    "2026-06-15 12:00:00Z",
    "2026-06-15T24:00:00Z",
    "2026-06-15T12:60:00Z",
    "2026-02-29T12:00:00Z",
    "2026-06-31T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-06-15T12:00:00+24:00",
    "+002026-06-15T12:00:00Z",
    "1781524800000",
    "2026-06-15T12:00:00Z\n",
  ])("G7: parks %j, which is none", async (time) => {
    expect(await codeFor(time)).toBe("TIME_INVALID");
  });

  it("G7: no text passes that is not a time inside the window", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.date().map(String), fc.integer().map(String)),
        async (time) => {
          expect(await codeFor(time)).toBe("TIME_INVALID");
        },
      ),
    );
  });
});

async function detailAt(timeMs: number): Promise<string> {
  const event = { message: anEnvelope({ time: new Date(timeMs).toISOString() }) };
  return Promise.resolve()
    .then(() => ageGate().before?.({ event } as never))
    .then(String, ({ detail }) => detail);
}

async function codeAt(timeMs: number, windowDays?: number): Promise<string | undefined> {
  return codeFor(new Date(timeMs).toISOString(), windowDays);
}

async function codeFor(time: string, windowDays?: number): Promise<string | undefined> {
  return codeAfter(ageGate(windowDays === undefined ? {} : { windowDays }), { message: { time } });
}
