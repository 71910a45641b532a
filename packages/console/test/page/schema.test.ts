// A form of a JSON schema: which input a place has, and a value to begin with.

import { describe, expect, it } from "vitest";
import { z } from "zod";
import { inputId, pointerTo } from "../../src/page/form/pointer.ts";
import { emptyOf, limitsOf, type Schema, shapeOf } from "../../src/page/form/schema.ts";

const order = z.strictObject({
  id: z.string().min(1).max(64),
  quantity: z.int().min(1).max(1_000),
  express: z.boolean(),
  carrier: z.enum(["rail", "ship"]),
  note: z.string().nullable(),
  lines: z.array(z.strictObject({ sku: z.string() })),
  extra: z.record(z.string(), z.unknown()),
});
const root = z.toJSONSchema(order) as Schema;
const kindOf = (name: string) => shapeOf(root.properties?.[name], root).kind;

describe("a form of a schema", () => {
  it.each([
    ["id", "text"],
    ["quantity", "number"],
    ["express", "flag"],
    ["carrier", "choice"],
    ["lines", "list"],
    ["extra", "json"],
  ])("%s is edited as %s", (name, kind) => {
    expect(kindOf(name)).toBe(kind);
  });

  it("a place that may be null is edited as the other kind", () => {
    expect(shapeOf(root.properties?.note, root)).toMatchObject({ kind: "text", nullable: true });
  });

  it("follows a reference, and ends for one that leads to itself", () => {
    const own: Schema = { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" }, b: { type: "string" } } };
    expect(shapeOf({ $ref: "#/$defs/b" }, own).kind).toBe("text");
    expect(shapeOf({ $ref: "#/$defs/a" }, own).kind).toBe("json");
  });

  it("begins with what is required", () => {
    expect(emptyOf(root, root)).toEqual({
      ...{ id: "", quantity: 1, express: false, carrier: "rail", note: "", lines: [], extra: null },
    });
  });

  it("says the limits beside the field", () => {
    expect(limitsOf(root.properties?.quantity ?? {})).toBe("a whole number, at least 1, at most 1,000");
    expect(limitsOf(root.properties?.id ?? {})).toBe("not empty, at most 64 characters");
  });

  it("names each place by its JSON pointer", () => {
    expect(pointerTo("/lines", "a/b~c")).toBe("/lines/a~1b~0c");
    expect(inputId("f", "/a b")).toBe("f-field/a_b");
  });
});
