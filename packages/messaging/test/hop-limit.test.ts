import { codeAfter } from "@essentially-once/testing/middleware";
import { describe, expect, it } from "vitest";
import { hopLimit } from "../src/trust/hop-limit.ts";

describe("hopLimit", () => {
  it("G11: parks a message with more hops than the limit", async () => {
    expect(await codeAfter(hopLimit(), { message: { hops: 16 } })).toBeUndefined();
    expect(await codeAfter(hopLimit(), { message: { hops: 17 } })).toBe("TOO_MANY_HOPS");
  });

  it("G11: takes another limit", async () => {
    expect(await codeAfter(hopLimit({ hopsMax: 2 }), { message: { hops: 2 } })).toBeUndefined();
    expect(await codeAfter(hopLimit({ hopsMax: 2 }), { message: { hops: 3 } })).toBe("TOO_MANY_HOPS");
  });

  it.each([0, 1.5, 1_001])("refuses %s, naming the range", (hopsMax) => {
    expect(() => hopLimit({ hopsMax })).toThrow(
      `hopsMax must be a whole number from 1 to 1000, got ${hopsMax}`,
    );
  });
});
