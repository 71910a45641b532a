import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedId, newId } from "../src/core/ids.ts";
import { heldId } from "../src/envelope/given-id.ts";
import { bodyId } from "../src/envelope/message-group.ts";

describe("derivedId", () => {
  it("D14: is equal for equal parts and different for different ones, however they are cut", () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.nat()), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(derivedId(...a) === derivedId(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    expect(derivedId("a", "bc")).not.toBe(derivedId("ab", "c"));
    expect(derivedId("a", 1)).not.toBe(derivedId("a", "1"));
  });

  it("is the same on every machine", () => {
    expect(derivedId("a", "b", 0)).toBe("MrPCy6p_jCrQZAQIyatHk5yd7Rcf1X4nieyDR4xR-Do");
  });
});

describe("the name of a message in the line of its group", () => {
  it("G4: is the one that an earlier release gave it", () => {
    expect(heldId("body", undefined)).toBe(bodyId("body"));
    expect(heldId("body", "id")).toBe("sygWlbLuHqQxqK80kUtxnNPi9BJ255qYo0sj1jG9FlM");
    expect(heldId("body", "")).not.toBe(bodyId("body"));
  });
});

it("newId makes no id twice", () => {
  expect(new Set(Array.from({ length: 1_000 }, newId)).size).toBe(1_000);
});
