import { expect, it } from "vitest";
import { recentOutcomes } from "../src/limit/recent-outcomes.ts";

it("most of the last eight messages must have failed, each as it was tried last", () => {
  const recent = recentOutcomes();
  const fail = (message: string) => {
    recent.add(message, true);
    return recent.areFailures();
  };
  for (let nth = 1; nth <= 20; nth++) recent.add(`good${nth}`, false);
  expect(["a", "b", "c", "d"].map(fail)).toEqual([false, false, false, false]);
  expect(fail("e")).toBe(true);

  const repeated = recentOutcomes();
  repeated.add("a", true);
  for (let nth = 1; nth <= 7; nth++) repeated.add(`good${nth}`, false);
  for (const message of ["a", "b", "c", "d"]) repeated.add(message, true); // "a" is not the oldest any more
  expect(repeated.areFailures()).toBe(false);
  repeated.add("e", true);
  expect(repeated.areFailures()).toBe(true);
});
