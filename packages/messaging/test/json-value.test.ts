import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Park } from "../src/core/outcome.ts";
import { asJson } from "../src/envelope/json-value.ts";

class Money {
  readonly cents = 5;
}
class Hidden {
  readonly #cents = 5;
  get cents() {
    return this.#cents;
  }
}
const circle: Record<string, unknown> = {};
circle.again = circle;

describe("asJson", () => {
  it("G1: gives what a reader of the JSON gets, and leaves the value as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(value);
        expect(json(value)).toEqual(JSON.parse(before));
        expect(JSON.stringify(value)).toBe(before);
      }),
    );
  });

  it.each<[unknown, unknown]>([
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Money(), { cents: 5 }],
    [{ a: undefined, b: 1 }, { b: 1 }],
    [Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [-0, 0],
    [JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
    [{ toJSON: () => [1] }, [1]],
    [{ toJSON: 1 }, { toJSON: 1 }],
    [undefined, undefined],
    [Object.create(null), {}],
  ])("takes %o as %o", (value, expected) => {
    expect(json(value)).toStrictEqual(expected);
    if (Object.is(value, -0)) expect(Object.is(json(value), 0)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ["NaN", { amount: Number.NaN }, "NaN at amount"],
    ["Infinity", { lines: [1, { total: Number.POSITIVE_INFINITY }] }, "Infinity at lines.1.*"],
    ["an invalid Date", { at: new Date("never") }, "NaN at at"],
    ["undefined in a list", [1, undefined], "undefined in a list at 1"],
    ["a hole in a list", new Array(2), "undefined in a list at 0"],
    ["a bigint", { id: 5n }, "a bigint at id"],
    ["a function", { to: () => 1 }, "a function at to"],
    ["a symbol", Symbol("x"), "a symbol at the top level"],
    ["a Map", { prices: new Map([["a", 1]]) }, "a Map at prices"],
    ["a Set", { tags: new Set([1]) }, "a Set at tags"],
    ["bytes", { bytes: new Uint8Array(4) }, "a Uint8Array at bytes"],
    ["an error", { why: new Error("a secret") }, "a Error at why"],
    ["what hides its contents", { price: new Hidden() }, "a Hidden at price"],
    ["what says nothing of itself", { price: Object.create({ constructor: undefined }) }, "a value at price"],
    ["half a character", { name: "a\ud800" }, "a string with a lone surrogate at name"],
    ["a circle", circle, "more than 64 nested objects"],
  ])("G1: refuses %s by its place and its kind", (_what, value, detail) => {
    const park = parkOf(value);
    expect(park?.code).toBe("CODE");
    expect(park?.detail).toContain(`tests: ${detail}`);
    expect(park?.detail).not.toContain("secret");
  });

  it("G2: puts keys in order", () => {
    expect(Object.keys(Object(json({ b: 1, a: 2 })))).toEqual(["a", "b"]);
  });

  it("G11: takes 64 nested objects and arrays, and no more", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(json(nested(64))).toEqual(nested(64));
    expect(parkOf(nested(65))?.detail).toContain("more than 64 nested");
  });

  it("S10: names no key that could be a person's address", () => {
    const detail = parkOf({ prices: { anna: { "1 Main Street": Number.NaN } } })?.detail;
    expect(detail).toContain("NaN at prices.*.*");
    let deep: unknown = Number.NaN;
    for (let depth = 0; depth < 50; depth++) deep = { ["k".repeat(40)]: deep };
    expect(parkOf(deep)?.detail.length).toBeLessThan(600);
  });
});

function json(value: unknown): unknown {
  return asJson(value, "CODE", "tests");
}

function parkOf(value: unknown): Park | undefined {
  try {
    json(value);
    return undefined;
  } catch (error) {
    if (error instanceof Park) return error;
    throw error;
  }
}
