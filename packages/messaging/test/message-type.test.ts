import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Park } from "../src/core/outcome.ts";
import { messageType, outgoing } from "../src/envelope/message-type.ts";

const Paid = messageType({
  type: "tests.paid.v1",
  schema: z.strictObject({ payer: z.strictObject({ id: z.string() }), cents: z.int() }),
  key: (paid) => paid.payer.id,
});

describe("messageType", () => {
  it("makes a draft with the key of its data", () => {
    const data = { payer: { id: "p-1" }, cents: 5 };
    expect(Paid.from(data)).toEqual({ type: "tests.paid.v1", data, partitionkey: "p-1" });
  });

  it("gives back data that fits the schema", async () => {
    const data = { payer: { id: "p-1" }, cents: 5 };
    expect(await Paid.parse(data)).toEqual(data);
  });

  it("G6: parks data that does not, naming the paths and no value", async () => {
    await expect(Paid.parse({ payer: { id: 7 }, cents: "a secret" })).rejects.toMatchObject({
      code: "DATA_INVALID",
      detail: "tests.paid.v1: invalid at payer.id, cents",
    });
  });

  it("S9: refuses unknown keys", async () => {
    await expect(Paid.parse({ payer: { id: "p" }, cents: 1, admin: true })).rejects.toMatchObject({
      code: "DATA_INVALID",
    });
  });
});

it("G1: what is published of a type that is not known here is held to JSON all the same", async () => {
  const draft = { type: "tests.elsewhere.v1", partitionkey: "k", data: { at: "noon" } };
  expect(await outgoing(draft)).toEqual(draft);
  expect(() => outgoing({ ...draft, data: { amount: Number.NaN } })).toThrow(Park);
  expect(() => outgoing({ ...draft, data: Number.NaN })).toThrow("PUBLISH_INVALID: tests.elsewhere.v1");
});

it("G1: what is published of a type is held to its schema, also where the type is not known", () => {
  const draft = Paid.from({ payer: { id: "p-1" }, cents: 0.5 });
  expect(() => outgoing(draft)).toThrow("PUBLISH_INVALID: tests.paid.v1: invalid at cents");
  const lost = Paid.from({ payer: { id: "p-1" }, cents: Number.NaN });
  expect(() => outgoing(lost)).toThrow("PUBLISH_INVALID: tests.paid.v1: NaN at cents");
  const sent = Paid.from({ payer: { id: "p-1" }, cents: 5 });
  expect(outgoing(sent)).toEqual(sent);
});
