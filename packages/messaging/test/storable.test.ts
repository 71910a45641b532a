import { BatchWriteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { NumberValueImpl, unmarshall } from "@aws-sdk/util-dynamodb";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aJournalWorld, type JournalWorld } from "@essentially-once/testing/journal-world";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measure } from "../src/commit/limits.ts";
import { storable } from "../src/commit/storable.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { type Versioned, versionedTable } from "../src/commit/versioned-table.ts";
import { newId } from "../src/core/ids.ts";
import { Park } from "../src/core/outcome.ts";
import { contract } from "../src/envelope/contract.ts";

interface Thing extends Versioned {
  readonly value?: unknown;
}

const things = versionedTable<Thing>("insights");
let world: JournalWorld;

beforeAll(async () => {
  world = await aJournalWorld();
});
afterAll(() => world.stop());

describe("what DynamoDB cannot hold", () => {
  it.each<[string, unknown, string]>([
    ["NaN", Number.NaN, "NaN at value"],
    ["Infinity", { total: Number.NEGATIVE_INFINITY }, "-Infinity at value.*"],
    ["an unsafe number", [1, 2 ** 53], "a number beyond 2^53: use a bigint or a string at value.1"],
    ["a number too near to 0", 1e-131, "a number closer to 0 than 1e-130 at value"],
    ["a bigint of 39 digits", 10n ** 39n + 1n, "more than 38 digits at value"],
    ["a bigint of 39 digits below 0", -(10n ** 39n) - 1n, "more than 38 digits at value"],
    ["a bigint beyond all numbers", 10n ** 126n, "a number beyond 1e126 at value"],
    ["a name of half a character", { "a\ud800": 1 }, "an attribute whose name has a lone surrogate at value"],
    ["a prototype", JSON.parse('{"__proto__":{}}'), "an attribute named __proto__ at value"],
    ["a symbol", Symbol("x"), "a symbol at value"],
    ["a set of booleans", new Set([true]), "a Set of other values than strings, numbers or bytes at value"],
    [
      "a Map with a number",
      new Map<unknown, number>([
        ["a", 1],
        [1, 1],
      ]),
      "a Map whose keys are not strings at value",
    ],
    ["what says nothing of itself", Object.create({ constructor: undefined }), "a value at value"],
    ["a Date", { at: new Date() }, "a Date at value.*"],
    ["an instance of a class", { by: new (class Clerk {})() }, "a Clerk at value.*"],
    ["a function", () => 1, "a function at value"],
    ["undefined in a list", { lines: [1, undefined] }, "undefined in a list at value.*.1"],
    ["an empty set", new Set(), "an empty Set at value"],
    ["a set of two types", new Set(["a", 1]), "a Set of several types at value"],
    ["a set of objects", new Set([{}]), "a Set of other values than strings, numbers or bytes at value"],
    ["NaN in a set", new Set([1, Number.NaN]), "NaN at value.1"],
    ["NaN in a Map", new Map([["price", Number.NaN]]), "NaN at value.*"],
    ["half a character", { name: "a\ud800" }, "a string with a lone surrogate at value.*"],
    ["a promise", Promise.resolve(1), "a Promise at value"],
    ["a Map of numbers", new Map([[1, 1]]), "a Map whose keys are not strings at value"],
    ["bytes of another kind", new Int16Array(1), "a Int16Array at value"],
    ["33 levels", nested(33), "more than 32 levels at value.*"],
  ])("G6: save refuses %s, and names the attribute", (_what, value, detail) => {
    const park = parkOf(() => things.save({ id: "a", version: 0, value }));
    expect(park).toMatchObject({ code: "VALUE_UNSTORABLE" });
    expect(park?.detail).toContain(`insights: ${detail}`);
  });

  it.each<[string, Thing, string]>([
    ["an empty id", { id: "", version: 0 }, "id must be a string of 1 to 2048 bytes"],
    ["a long id", { id: "é".repeat(1_025), version: 0 }, "id must be a string of 1 to 2048 bytes"],
    ["no id", { version: 0 } as never, "id must be a string of 1 to 2048 bytes"],
    ["no version", { id: "a" } as never, "version must be the number that was read, 0 for a new item"],
    ["an attribute without a name", { id: "a", version: 0, "": 1 } as never, "an attribute without a name"],
  ])("G6: save refuses %s", (_what, item, detail) => {
    expect(parkOf(() => things.save(item))).toMatchObject({
      code: "VALUE_UNSTORABLE",
      detail: `insights: ${detail}`,
    });
  });

  it("S10: names neither the value nor a key that could be a person's address", () => {
    const value = { anna: { "anna@example.org": { 12345: Number.NaN } } };
    expect(parkOf(() => things.save({ id: "a", version: 0, value }))?.detail).toBe(
      "insights: NaN at value.*.*.*",
    );
  });

  it("G6: an item above 400 KB is refused with its largest attribute", () => {
    const write = things.save({ id: "a", version: 0, value: { notes: "x".repeat(410_000) } });
    expect(parkOf(() => measure([write]))).toMatchObject({
      code: "ITEM_TOO_LARGE",
      detail: expect.stringMatching(
        /^\d+ bytes for insights, at most 409600 fit in an item; value has 41\d+ of them$/,
      ),
    });
  });

  it("what it lets through, a real engine stores", async () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withUnicodeString: true,
      maxDepth: 3,
    });
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(value, async (given) => {
        const id = newId();
        let attributes: ReturnType<typeof storable>;
        try {
          attributes = storable("insights", { id, given });
        } catch (error) {
          expect(error).toBeInstanceOf(Park);
          return;
        }
        stored++;
        const PutRequest = { Item: attributes };
        await world.clients.dynamodb.send(
          new BatchWriteItemCommand({ RequestItems: { insights: [{ PutRequest }] } }),
        );
      }),
      { numRuns: 150 },
    );
    expect(stored).toBeGreaterThan(5); // about 18 of 150
  });

  it("takes what the SDK takes: bytes, sets, Maps, bigints, and numbers of 38 digits", () => {
    const many = {
      a: new Uint8Array(2),
      b: new Set(["x"]),
      c: new Map([["k", 1]]),
      d: 10n ** 30n,
      e: -0,
      f: null,
    };
    const atBounds = [10n ** 38n - 1n, 1n - 10n ** 38n, 10n ** 60n, Number.MAX_SAFE_INTEGER, 1e-130, 0, true];
    for (const value of [...atBounds, nested(31), nested(32), Object.assign(Object.create(null), { a: 1 })]) {
      expect(() => storable("insights", { value })).not.toThrow();
    }
    const number = NumberValueImpl.from("12345678901234567890123456789012345678");
    const stored = storable("insights", { ...many, g: number, h: undefined, i: { j: undefined } });
    expect(Object.keys(stored)).toEqual(["a", "b", "c", "d", "e", "f", "g", "i"]);
    expect(unmarshall(stored, { wrapNumbers: true }).g).toMatchObject({ value: number.value });
  });
});

describe("an attribute that begins with the kit's own prefix", () => {
  it("G6: is refused by save, which would not show it again", () => {
    const item = { id: "a", version: 0, eo_total: 5 } as Thing;
    expect(parkOf(() => things.save(item))).toMatchObject({
      code: "ATTRIBUTE_RESERVED",
      detail: "insights: eo_total begins with eo_, which is reserved for the kit",
    });
  });

  const Update = { TableName: "insights", Key: { id: { S: "a" } } };
  it.each([
    [{ Put: { TableName: "insights", Item: { id: { S: "a" }, eo_evidence: { S: "" } } } }],
    [{ Update: { ...Update, UpdateExpression: "SET eo_evidence = :e" } }],
    [{ Update: { ...Update, UpdateExpression: "SET a = :a REMOVE eo_outbox" } }],
    [
      {
        Update: {
          ...Update,
          UpdateExpression: "REMOVE #e",
          ExpressionAttributeNames: { "#e": "eo_outbox_id" },
        },
      },
    ],
  ])("G2: is refused in a write that a handler made itself: %j", (write) => {
    const unit = unitOfWork({
      contract: contract({ name: "tests", accepts: [tested] }),
      cause: anEnvelope(),
    });
    expect(parkOf(() => unit.write(write))).toMatchObject({ code: "ATTRIBUTE_RESERVED" });
    expect(unit.writes).toEqual([]);
  });

  it("is not confused with one that has the prefix elsewhere in its name", async () => {
    const write = things.save({ id: newId(), version: 0, neo_total: 1, eo: 2 } as Thing);
    unitOfWork({ contract: contract({ name: "tests", accepts: [tested] }), cause: anEnvelope() }).write(
      write,
    );
    await world.clients.dynamodb.send(new UpdateItemCommand(write.Update as never));
  });
});

const tested = { type: "t.v1", types: ["t.v1"] } as never;

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

function parkOf(work: () => unknown): Park | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Park) return error;
    throw error;
  }
}
