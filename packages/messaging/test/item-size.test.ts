import { describe, expect, it } from "vitest";
import { itemBytes } from "../src/core/item-size.ts";

describe("itemBytes", () => {
  it.each([
    ["a string in UTF-8", { id: { S: "é" } }, 2 + 2],
    ["bytes as they are", { b: { B: new Uint8Array(10) } }, 1 + 10],
    ["one for a boolean and for null", { a: { BOOL: true }, b: { NULL: true as const } }, 2 + 2],
    [
      "three for a list and one for each element",
      { l: { L: [{ S: "ab" }, { BOOL: false }] } },
      1 + 3 + 2 + 2 + 1,
    ],
    [
      "three for a map and one for each element",
      { m: { M: { k: { S: "v" }, l: { S: "w" } } } },
      1 + 3 + (1 + 2) + (1 + 2),
    ],
    ["three for an empty list", { l: { L: [] } }, 1 + 3],
    ["a set of strings by its elements", { s: { SS: ["a", "bc"] } }, 1 + 3],
    ["a set of numbers by its elements", { s: { NS: ["7", "12"] } }, 1 + 2 + 3],
    ["a set of bytes by its elements", { s: { BS: [new Uint8Array(10), new Uint8Array(2)] } }, 1 + 12],
  ])("counts %s", (_what, item, bytes) => {
    expect(itemBytes(item)).toBe(bytes);
  });

  it.each([
    ["0", 1, 2],
    ["7", 2, 3],
    ["1000000", 2, 3],
    ["-7", 3, 3],
    ["-12", 3, 4],
    ["10000001", 5, 6],
    ["1.5e25", 2, 3],
    ["1.5E125", 2, 3],
    ["0.00012", 2, 3],
    ["1.5e10", 2, 3],
    ["99999999999999999999999999999999999999", 20, 21],
  ])("counts the number %s as AWS does, or one more", (text, least, most) => {
    const bytes = itemBytes({ n: { N: text } }) - 1;
    expect(bytes).toBeGreaterThanOrEqual(least);
    expect(bytes).toBeLessThanOrEqual(most);
  });
});
