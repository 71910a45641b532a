import { Duration } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { requireDuration, requireWholeNumber } from "../src/config/bounds.ts";

describe("a whole number", () => {
  const range = { min: 5, max: 1000 };

  test.each([5, 6, 1000])("%s passes from 5 to 1000", (value) => {
    expect(() => requireWholeNumber("maxReceiveCount", value, range)).not.toThrow();
  });

  test.each([4, 1001, 5.5, Number.NaN, Number.POSITIVE_INFINITY])("%s is refused from 5 to 1000", (value) => {
    expect(() => requireWholeNumber("maxReceiveCount", value, range)).toThrow(
      `maxReceiveCount must be a whole number from 5 to 1000, got ${value}`,
    );
  });
});

describe("a duration", () => {
  const range = { min: Duration.seconds(1), max: Duration.minutes(1) };

  test.each([1, 60])("%s s passes from 1 to 60", (seconds) => {
    expect(() => requireDuration("batchWindow", Duration.seconds(seconds), range)).not.toThrow();
  });

  test.each([0, 61])("%s s is refused from 1 to 60", (seconds) => {
    expect(() => requireDuration("batchWindow", Duration.seconds(seconds), range)).toThrow(
      `batchWindow must be whole seconds from 1 to 60, got ${seconds}`,
    );
  });

  test("a fraction of a second is refused", () => {
    expect(() => requireDuration("batchWindow", Duration.millis(1500), range)).toThrow("got 1.5");
  });
});
