import { linesOf } from "@essentially-once/testing/internal/support/lines";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, it, vi } from "vitest";
import * as z from "zod";
import { declaredKeys } from "../src/core/issue-paths.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { log } from "../src/observe/log.ts";

const person = "Ada Canary, 1 Canary Street";
const price = z.strictObject({ cents: z.int() });

it.each<[string, z.ZodType, unknown, string]>([
  [
    "a map",
    z.object({ prices: z.record(z.string(), price) }),
    { prices: { [person]: { cents: "5" } } },
    "prices.*.cents",
  ],
  [
    "a map of maps",
    z.record(z.string(), z.record(z.string(), z.int())),
    { [person]: { [person]: "5" } },
    "*.*",
  ],
  ["a list", z.object({ lines: z.array(price) }), { lines: [{ cents: 1 }, { cents: "2" }] }, "lines.1.cents"],
  [
    "an intersection",
    z.intersection(z.object({ a: z.int() }), z.record(z.string(), z.int())),
    { a: 1, [person]: "x" },
    "*",
  ],
  [
    "a default",
    z.object({ a: z.optional(z.object({ b: z.int() })).default({ b: 1 }) }),
    { a: { b: "x" } },
    "a.b",
  ],
  [
    "a lazy schema",
    z.object({ next: z.lazy(() => z.object({ deep: z.int() })) }),
    { next: { deep: "x" } },
    "next.deep",
  ],
  ["a catch-all", z.object({ a: z.int() }).catchall(z.int()), { a: 1, [person]: "x" }, "*"],
  ["a key of 900 KB", z.record(z.string(), z.int()), { [`${person}${"x".repeat(900_000)}`]: "x" }, "*"],
])("S10: names only keys that the schema declares: %s", async (_, schema, data, path) => {
  const type = messageType({ type: "tests.t.v1", schema, key: () => "k" });
  const detail = `tests.t.v1: invalid at ${path}`;
  await expect(type.parse(data)).rejects.toMatchObject({ code: "DATA_INVALID", detail });
});

it("G11: a path has a bound: eight parts, and of each sixty characters; so has their number", async () => {
  const long = "k".repeat(61);
  const deep = (depth: number): z.ZodType =>
    depth === 0 ? z.int() : z.object({ [depth === 9 ? long : "a"]: deep(depth - 1) });
  const data = (depth: number): unknown =>
    depth === 0 ? "x" : { [depth === 9 ? long : "a"]: data(depth - 1) };
  const pathOf = async (schema: z.ZodType, given: unknown) => {
    const type = messageType({ type: "tests.t.v1", schema, key: () => "k" });
    return type.parse(given).then(
      () => "none",
      ({ detail }) => String(detail).replace("tests.t.v1: invalid at ", ""),
    );
  };
  expect(await pathOf(deep(8), data(8))).toBe("a.a.a.a.a.a.a.a");
  expect(await pathOf(deep(9), data(9))).toBe(`${"k".repeat(60)}.a.a.a.a.a.a.a.…`);
  expect(await pathOf(z.int(), "x")).toBe("the top level");
  const list = z.array(z.int());
  expect(await pathOf(list, ["a", "b", "c", "d", "e"])).toBe("0, 1, 2, 3, 4");
  expect(await pathOf(list, ["a", "b", "c", "d", "e", "f", "g"])).toBe("0, 1, 2, 3, 4 and 2 more");
});

it("S10: of a union no key of the data is named, whatever it fails", async () => {
  const schema = z.union([z.record(z.string(), z.int()), z.object({ kind: z.literal("a") })]);
  const type = messageType({ type: "tests.t.v1", schema, key: () => "k" });
  const failed: unknown = await type.parse({ [person]: "x" }).catch((error: unknown) => error);
  expect((failed as Error).message).not.toContain("Canary");
});

it("S10: of a schema that does not say what it declares no key is named", async () => {
  const validate = () => ({ issues: [{ message: person, path: [person, { key: person }, 3] }] });
  const schema: StandardSchemaV1<unknown, unknown> = {
    "~standard": { version: 1, vendor: "tests", validate },
  };
  const type = messageType({ type: "tests.t.v1", schema, key: () => "k" });
  await expect(type.parse({})).rejects.toMatchObject({ detail: "tests.t.v1: invalid at *.*.3" });
});

it("S10: of a schema of another library, also what it declares lazily is known, in either form of a path", async () => {
  const validate = () => ({
    issues: [{ message: person, path: [{ key: "next" }, { key: "deep" }, person] }],
  });
  const getter = () => ({ entries: { deep: {} } });
  const schema: StandardSchemaV1<unknown, unknown> & Readonly<Record<string, unknown>> = {
    "~standard": { version: 1, vendor: "tests", validate },
    entries: { next: { getter } },
  };
  const type = messageType({ type: "tests.t.v1", schema, key: () => "k" });
  await expect(type.parse({})).rejects.toMatchObject({ detail: "tests.t.v1: invalid at next.deep.*" });
});

it("S10: what a schema declares as JSON Schema is known; of its functions only a getter is called", async () => {
  const parse = vi.fn();
  const issues = [{ message: person, path: ["size", person] }];
  const schema = {
    "~standard": { version: 1, vendor: "tests", validate: () => ({ issues }) },
    properties: { size: null },
    entries: null,
    parse,
  } as const;
  const type = messageType({ type: "tests.t.v1", schema: schema as never, key: () => "k" });
  await expect(type.parse({})).rejects.toMatchObject({ detail: "tests.t.v1: invalid at size.*" });
  expect(parse).not.toHaveBeenCalled();
});

it("G11: a schema that makes another one without end is walked up to a bound, and once", () => {
  let made = 0;
  const schema = endless();
  expect(declaredKeys(schema)).toEqual(new Set(["next"]));
  expect(made).toBeLessThan(5_000);
  const before = made;
  declaredKeys(schema);
  expect(made).toBe(before);

  function endless(): object {
    made += 1;
    return { shape: { next: { getter: endless } } };
  }
});

it("G11: a field of a log line is cut to 1,000 characters", async () => {
  const [line] = await linesOf(async () => log("warn", "ANY", { detail: "x".repeat(900_000), n: 1 }));
  expect(String(line?.detail)).toHaveLength(1_001);
  expect(line?.n).toBe(1);
});
