import { afterEach, describe, expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { type DueTime, dueMsOf } from "../src/schedule/due-time.ts";

let restore: (() => void) | undefined;
afterEach(() => restore?.());

describe("when a scheduled message is due", () => {
  it("takes a Date and an RFC 3339 text", () => {
    expect(dueMsOf({ at: new Date(1_000) })).toBe(1_000);
    expect(dueMsOf({ at: new Date(0) })).toBe(0);
    expect(dueMsOf({ at: "9999-01-01T00:00:00Z" })).toBe(Date.UTC(9999, 0));
    expect(dueMsOf({ at: "2030-01-31T08:00:00+01:00" })).toBe(Date.UTC(2030, 0, 31, 7));
    expect(dueMsOf({ at: "2030-01-31T08:00:00.5Z" })).toBe(Date.UTC(2030, 0, 31, 8, 0, 0, 500));
  });

  it("G12: is never before a text that is finer than a Date, or that has a leap second", () => {
    expect(dueMsOf({ at: "2030-01-31T08:00:00.0019Z" })).toBe(Date.UTC(2030, 0, 31, 8, 0, 0, 2));
    expect(dueMsOf({ at: "2030-01-31T08:00:00.1230001+01:00" })).toBe(Date.UTC(2030, 0, 31, 7, 0, 0, 124));
    expect(dueMsOf({ at: "2030-01-31T08:00:00.1230000Z" })).toBe(Date.UTC(2030, 0, 31, 8, 0, 0, 123));
    expect(dueMsOf({ at: "2029-12-31T23:59:60Z" })).toBe(Date.UTC(2030, 0, 1));
  });

  it("adds the parts of a duration to the present", () => {
    restore = setClock(() => 5);
    expect(dueMsOf({ after: { days: 1, hours: 2, minutes: 3, seconds: 4 } })).toBe(93_784_005);
    expect(dueMsOf({ after: { seconds: 0.0005 } })).toBe(6);
    expect(dueMsOf({ after: { seconds: 0 } })).toBe(5);
    expect(dueMsOf({ after: { seconds: 1, hours: undefined } as never })).toBe(1_005); // as only JavaScript can
  });

  it.each([
    [{}],
    [{ at: new Date(0), after: { seconds: 1 } }],
    [{ at: new Date(Number.NaN) }],
    [{ at: "tomorrow" }],
    [{ at: 5 }],
    [{ after: {} }],
    [{ after: { seconds: undefined } }],
    [{ after: null }],
    [{ at: null }],
    [{ after: 5 }],
    [null],
    [undefined],
    [{ after: { seconds: -1 } }],
    [{ after: { seconds: Number.NaN } }],
    [{ after: { seconds: Number.POSITIVE_INFINITY } }],
    [{ after: { seconds: "1" } }],
    [{ after: { seconds: 1, weeks: 1 } }],
    [{ at: new Date(Date.UTC(9999, 0) + 1) }],
    [{ after: { weeks: 1 } }],
    [{ after: { days: 1_000_000_000 } }],
    [{ at: new Date(-1) }],
  ])("G11: refuses %j, and says what is allowed", (given) => {
    expect(() => dueMsOf(given as unknown as DueTime)).toThrow(/SCHEDULE_INVALID: .*(at|from|must)/);
  });
});
