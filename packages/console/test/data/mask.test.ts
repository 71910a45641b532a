import { describe, expect, test } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { MASK, mask, unmask } from "../../src/data/dead-letters/mask.ts";
import { exampleOf, type JsonSchema, jsonSchemaOf } from "../../src/data/dead-letters/schemas.ts";
import type { NotRight } from "../../src/data/source.ts";

const secret = z.string().meta({ writeOnly: true });
const schema = jsonOf(
  z.object({
    name: z.string(),
    card: secret,
    contact: z.union([z.object({ phone: z.string().meta({ format: "password" }) }), z.null()]),
    lines: z.array(z.object({ sku: z.string(), voucher: secret.optional() })),
    answers: z.record(z.string(), secret),
    pair: z.tuple([z.string(), secret]),
  }),
);

const data = {
  name: "Ada",
  card: "4111",
  contact: { phone: "123" },
  lines: [{ sku: "rope" }, { sku: "axe", voucher: "FREE" }],
  answers: { "mother/maiden~name": "Byron" },
  pair: ["a", "b"],
};

describe("secrets of the schema", () => {
  test("S10: are replaced wherever the schema marks them: in objects, unions, lists, maps and tuples", () => {
    const { value, masked } = mask(data, schema);
    expect(JSON.stringify(value)).not.toMatch(/4111|123|FREE|Byron|"b"/);
    expect(masked.toSorted()).toEqual([
      "/answers/mother~1maiden~0name",
      "/card",
      "/contact/phone",
      "/lines/1/voucher",
      "/pair/1",
    ]);
    expect(value).toMatchObject({ name: "Ada", lines: [{ sku: "rope" }, { sku: "axe" }] });
  });

  test("are put back in an edit where the mask still stands, and nowhere else", () => {
    const { value, masked } = mask(data, schema);
    expect(masked).toContain("/pair/1");
    expect(unmask(value, { old: data, schema })).toEqual(data);
    const edited = { ...(value as typeof data), card: "4242", name: MASK };
    expect(unmask(edited, { old: data, schema })).toEqual({ ...data, card: "4242", name: MASK });
  });

  describe("in a list that is edited", () => {
    const cards = jsonOf(z.object({ cards: z.array(z.object({ name: z.string(), pin: secret })) }));
    const old = {
      cards: [
        { name: "anna", pin: "1111" },
        { name: "bert", pin: "2222" },
      ],
    };
    const [anna, bert] = (mask(old, cards).value as typeof old).cards;
    const edited = (...shown: unknown[]) => unmask({ cards: shown }, { old, schema: cards });

    test("S10: follow their entries: removed, inserted, in another order, twice", () => {
      expect(edited(bert)).toEqual({ cards: [old.cards[1]] });
      const added = { name: "cora", pin: "3333" };
      expect(edited(added, anna, bert)).toEqual({ cards: [added, ...old.cards] });
      expect(edited(bert, anna, bert)).toEqual({ cards: [old.cards[1], old.cards[0], old.cards[1]] });
    });

    test("S10: that name no value of it, or stand where no secret is masked, are refused with their places", () => {
      expect(refusal(() => edited(anna, { name: "cora", pin: "***" }))).toMatchObject([
        { path: "/cards/1/pin", message: expect.stringContaining("write the value itself") },
      ]);
      expect(refusal(() => edited({ name: "cora", pin: "***/cards/7/pin" }))).toMatchObject([
        { path: "/cards/0/pin" },
      ]);
      expect(refusal(() => edited({ name: anna?.pin, pin: "3333" }))).toMatchObject([
        { path: "/cards/0/name", message: expect.stringContaining("/cards/0/pin") },
      ]);
    });

    test("a text of the message that only looks like a mask stays", () => {
      const odd = { cards: [{ name: "***/cards/0/pin", pin: "***" }] };
      expect(unmask(mask(odd, cards).value, { old: odd, schema: cards })).toEqual(odd);
    });
  });

  test("of a shape that the schema does not expect are masked as far as it says", () => {
    expect(mask({ card: { number: "4111" } }, schema)).toEqual({
      value: { card: "***/card" },
      masked: ["/card"],
    });
    expect(mask("4111", schema).value).toBe("4111");
    expect(mask(null, schema).value).toBe(null);
  });

  test("of a schema that refers to itself are found, and the walk ends", () => {
    const node: JsonSchema = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: { key: { type: "string", writeOnly: true }, next: { $ref: "#/$defs/node" } },
        },
      },
    };
    expect(mask({ key: "a", next: { key: "b" } }, node).masked).toEqual(["/key", "/next/key"]);
    expect(mask("x", { $ref: "#" }).value).toBe("x");
  });

  test("without a schema nothing is known to be secret", () => {
    expect(mask(data, undefined)).toEqual({ value: data, masked: [] });
  });

  test("a name of JavaScript's own is a name like any other", () => {
    const hostile = JSON.parse('{"__proto__":{"card":"x"},"constructor":"y"}');
    expect(JSON.stringify(mask(hostile, schema).value)).toBe('{"__proto__":{"card":"x"},"constructor":"y"}');
  });
});

test("S10: a schema of zod/mini is described by zod, and its secrets are masked", () => {
  const card = mini.string().register(mini.globalRegistry, { writeOnly: true });
  const { value, masked } = mask(data, jsonSchemaOf({ schema: mini.object({ name: mini.string(), card }) }));
  expect(masked).toEqual(["/card"]);
  expect(value).toMatchObject({ name: "Ada", card: "***/card" });
  expect(jsonSchemaOf({ schema: mini.object({ when: mini.date() }) })).toBeUndefined();
});

test("an example has each field that is required, and fits where the schema says how", () => {
  const order = z.strictObject({
    id: z.string(),
    customerId: z.string().min(3),
    count: z.int().min(3),
    gift: z.boolean(),
    lines: z.array(z.object({ sku: z.enum(["rope", "axe"]) })),
    note: z.string().optional(),
  });
  const example = exampleOf(jsonOf(order));
  expect(example).toEqual({ id: "", customerId: "xxx", count: 3, gift: false, lines: [{ sku: "rope" }] });
  expect(order.safeParse(example).success).toBe(true);
});

function refusal(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as NotRight).fields;
  }
}

function jsonOf(schema: z.ZodType): JsonSchema | undefined {
  return jsonSchemaOf({ schema });
}
