import { marshall } from "@aws-sdk/util-dynamodb";
import { describe, expect, it } from "vitest";
import { itemBytesMax, measure } from "../src/commit/limits.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { Park } from "../src/core/outcome.ts";

describe("measure", () => {
  it("G11: takes 100 actions and parks 101 by name", () => {
    const puts = Array.from({ length: 101 }, (_, n) => aPut({ id: `item-${n}` }));
    expect(measure(puts.slice(1)).items.size).toBe(100);
    expect(refusal(puts)).toBe("TOO_MANY_WRITES: 101 actions, at most 100 fit in a transaction");
  });

  it("G11: takes an item of 400 KB and parks one byte more, with its table", () => {
    const room = itemBytesMax - "id".length - 1 - "text".length;
    expect(measure([aPut({ id: "a", text: "x".repeat(room) })]).bytes).toBe(itemBytesMax);
    expect(refusal([aPut({ id: "a", text: "x".repeat(room + 1) })])).toBe(
      "ITEM_TOO_LARGE: 409601 bytes for tests, at most 409600 fit in an item; text has 409598 of them",
    );
  });

  it("G11: counts what an update sets", () => {
    const update = anUpdate({ id: "a" }, "x".repeat(itemBytesMax));
    expect(refusal([update])).toMatch(/^ITEM_TOO_LARGE/);
  });

  it("G11: counts every attribute that an update sets to a value as it stands", () => {
    const update = {
      TableName: "tests",
      Key: marshall({ id: "a" }),
      UpdateExpression: "SET a = :a,#b=:b , cc  =  :cc, d = d + :d, e = :unknown ADD f :f",
      ExpressionAttributeNames: { "#b": "text" },
      ExpressionAttributeValues: marshall({ ":a": "1", ":b": "22", ":cc": "333", ":d": 1, ":f": 1 }),
    };
    const bytes = "id".length + 1 + ("a".length + 1) + ("text".length + 2) + ("cc".length + 3);
    for (let time = 0; time < 2; time++) expect(measure([{ Update: update }]).bytes).toBe(bytes);
  });

  it("G11: names the largest attribute, and of equal ones the first", () => {
    const item = (a: number, b: number) => aPut({ id: "a", a: "x".repeat(a), b: "x".repeat(b) });
    expect(refusal([item(300_000, 150_000)])).toContain("; a has 300001");
    expect(refusal([item(150_000, 300_000)])).toContain("; b has 300001");
    expect(refusal([item(300_000, 300_000)])).toContain("; a has 300001");
  });

  it("G11: takes 4 MB in one unit of work", () => {
    const room = (bytes: number) => bytes - "id".length - "item-00".length - "text".length;
    const sizes = [...Array(10).fill(itemBytesMax), 4_194_304 - 10 * itemBytesMax];
    const puts = sizes.map((size, n) => aPut({ id: `item-${10 + n}`, text: "x".repeat(room(size)) }));
    expect(measure(puts).bytes).toBe(4_194_304);
  });

  it("G11: parks more than 4 MB in one unit of work", () => {
    const puts = Array.from({ length: 11 }, (_, n) => aPut({ id: `item-${n}`, text: "x".repeat(400_000) }));
    expect(refusal(puts)).toMatch(/^UNIT_TOO_LARGE: 44\d+ bytes, at most 4194304/);
  });

  it("parks two writes of one item by name, whatever kind they are", () => {
    const put = aPut({ id: "a" });
    expect(refusal([put, anUpdate({ id: "a" })])).toBe(
      "ITEM_TWICE: two writes of one item in tests: merge them",
    );
    expect(
      refusal([anUpdate({ id: "a" }), { Delete: { TableName: "tests", Key: marshall({ id: "a" }) } }]),
    ).toMatch(/^ITEM_TWICE/);
    expect(measure([put, anUpdate({ id: "b" })]).items.size).toBe(2);
    expect(measure([put, { Put: { ...put.Put, TableName: "others" } }]).items.size).toBe(2);
    expect(refusal([aPut({ id: "a", text: "x" }), anUpdate({ id: "a" })])).toMatch(/^ITEM_TWICE/);
  });

  it("tells items of one partition apart by the sort key, once an action has named it", () => {
    const writes = [aPut({ id: "a", line: 1 }), aPut({ id: "a", line: 2 })];
    expect(measure([...writes, anUpdate({ id: "a", line: 3 })]).items.size).toBe(3);
    expect(() => measure(writes)).not.toThrow();
    expect(refusal([...writes, anUpdate({ id: "a", line: 2 })])).toMatch(/^ITEM_TWICE/);
    const others = { Update: { ...anUpdate({ id: "a", line: 3 }).Update, TableName: "others" } } as Write;
    expect(measure([...writes, others]).items.size).toBe(2); // what another table's key is says nothing
    const partial = [aPut({ id: "a", n: 1 }), aPut({ id: "a", n: 2 }), anUpdate({ id: "a", line: 3 })];
    expect(measure(partial).items.size).toBe(3);
  });

  it("tells items apart whose key is a number, or is not known", () => {
    expect(measure([aPut({ id: 1 }), aPut({ id: 2 }), anUpdate({ id: 3 })]).items.size).toBe(3);
    expect(refusal([aPut({ id: 1 }), anUpdate({ id: 1 })])).toMatch(/^ITEM_TWICE/);
    expect(measure([aPut({ name: "a" }), aPut({ name: "b" })]).items.size).toBe(2);
  });

  it("knows a key whatever the order of its attributes", () => {
    expect(refusal([anUpdate({ id: "a", line: 1 }), anUpdate({ line: 1, id: "a" })])).toMatch(/^ITEM_TWICE/);
  });

  it("says what a write must be", () => {
    expect(() => measure([{}])).toThrow("a write must be a Put, an Update, a Delete or a ConditionCheck");
  });
});

function aPut(item: Record<string, unknown>): { Put: NonNullable<Write["Put"]> } {
  return { Put: { TableName: "tests", Item: marshall(item) } };
}

function anUpdate(key: Record<string, unknown>, text = "x"): Write {
  return {
    Update: {
      TableName: "tests",
      Key: marshall(key),
      UpdateExpression: "SET #t = :t",
      ExpressionAttributeNames: { "#t": "text" },
      ExpressionAttributeValues: { ":t": { S: text } },
    },
  };
}

function refusal(writes: Write[]): string {
  try {
    measure(writes);
  } catch (error) {
    if (error instanceof Park) return error.message;
    throw error;
  }
  throw new Error("expected a refusal");
}
