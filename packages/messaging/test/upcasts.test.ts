import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext } from "@essentially-once/testing/lambda";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { contract } from "../src/envelope/contract.ts";
import type { Envelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { messageChain } from "../src/receive/chain.ts";

const schema = z.strictObject({ cents: z.int(), currency: z.string() });
const Paid = messageType({
  type: "tests.paid.v3",
  schema: z.strictObject({ amount: schema, payer: z.string() }),
  key: (paid) => paid.payer,
  upcasts: {
    v1: {
      schema: z.strictObject({ payer: z.string(), euros: z.number() }),
      lift: ({ payer, euros }) => ({ payer, cents: Math.round(euros * 100), currency: "EUR" }),
    },
    v2: {
      schema: z.strictObject({ payer: z.string(), ...schema.shape }),
      lift: ({ payer, ...amount }) => {
        expectTypeOf(amount).toEqualTypeOf<{ cents: number; currency: string }>();
        return { payer, amount };
      },
    },
  },
});
const Refunded = messageType({ type: "tests.refunded.v1", schema: z.strictObject({}), key: () => "k" });

const current = { payer: "p-1", amount: { cents: 450, currency: "EUR" } };

describe("a message type with upcasts", () => {
  it("knows its older versions by name, the current one first", () => {
    expect(Paid.types).toEqual(["tests.paid.v3", "tests.paid.v2", "tests.paid.v1"]);
    expect(Refunded.types).toEqual(["tests.refunded.v1"]);
    expectTypeOf(Paid.type).toEqualTypeOf<"tests.paid.v3">();
    expectTypeOf(Paid.from).parameter(0).toEqualTypeOf<typeof current>();
  });

  it("lifts each version step by step, whatever it came as", async () => {
    expect(await Paid.parse(current)).toEqual(current);
    expect(await Paid.parse(current, "tests.paid.v3")).toEqual(current);
    expect(await Paid.parse({ payer: "p-1", cents: 450, currency: "EUR" }, "tests.paid.v2")).toEqual(current);
    expect(await Paid.parse({ payer: "p-1", euros: 4.5 }, "tests.paid.v1")).toEqual(current);
  });

  it("leads through versions of two digits, too", async () => {
    const up = { schema: z.array(z.string()), lift: (names: string[]) => [...names, "lifted"] };
    const Many = messageType({
      type: "tests.many.v11",
      schema: z.array(z.string()),
      key: () => "k",
      upcasts: { v9: up, v10: up },
    });
    expect(Many.types).toEqual(["tests.many.v11", "tests.many.v10", "tests.many.v9"]);
    expect(await Many.parse(["told"], "tests.many.v9")).toEqual(["told", "lifted", "lifted"]);
  });

  it("G6: parks old data that does not fit its old schema, naming the version and the paths", async () => {
    await expect(Paid.parse({ payer: 7, euros: "a secret" }, "tests.paid.v1")).rejects.toMatchObject({
      code: "DATA_INVALID",
      detail: "tests.paid.v1: invalid at payer, euros",
    });
    await expect(Paid.parse(current, "tests.paid.v1")).rejects.toMatchObject({ code: "DATA_INVALID" });
  });

  it("G6: what a step gives has to fit the version after it", async () => {
    const Wrong = messageType({
      type: "tests.wrong.v2",
      schema: z.strictObject({ n: z.int() }),
      key: () => "k",
      upcasts: { v1: { schema: z.strictObject({}), lift: () => ({ n: "one" }) } },
    });
    await expect(Wrong.parse({}, "tests.wrong.v1")).rejects.toMatchObject({
      code: "DATA_INVALID",
      detail: "tests.wrong.v2: invalid at n",
    });
  });

  it.each([
    ["tests.gap.v3", ["v1"], "v2 is missing from v1"],
    ["tests.gap.v4", ["v3", "v1"], "v2 is missing from v3, v1"],
    ["tests.ahead.v2", ["v2"], "v1 is missing from v2"],
    ["tests.named.v2", ["v1", "first"], "v0 is missing from v1, first"],
    ["tests.named.v2x", ["v1"], "tests.named.v2x must end with its version (.v2) to have upcasts"],
    ["tests.many.v11", ["v9"], "v10 is missing from v9"],
    ["tests.unversioned", ["v1"], "tests.unversioned must end with its version (.v2) to have upcasts"],
  ])("refuses %s with the steps %j", (type, versions, message) => {
    const step = { schema: z.strictObject({}), lift: () => ({}) };
    const upcasts = Object.fromEntries(versions.map((version) => [version, step]));
    expect(() => messageType({ type, schema: z.strictObject({}), key: () => "k", upcasts })).toThrow(message);
  });
});

describe("a consumer of a type with upcasts", () => {
  it("gives the handler the current version only, in type and data, and leaves the message what it was", async () => {
    const message = anEnvelope({ type: "tests.paid.v1", data: { payer: "p-1", euros: 4.5 } });
    const [seen] = await seenBy(message);
    expect(seen).toMatchObject({ id: message.id, type: "tests.paid.v3", data: current });
    expect(message).toMatchObject({ type: "tests.paid.v1", data: { euros: 4.5 } });
  });

  it("G6: parks a version that it does not know, naming those it knows", async () => {
    await expect(seenBy(anEnvelope({ type: "tests.paid.v4" }))).rejects.toMatchObject({
      code: "TYPE_UNKNOWN",
      detail: "this consumer accepts tests.paid.v3, tests.paid.v2, tests.paid.v1, tests.refunded.v1",
    });
  });

  it("refuses two types that both understand one name", () => {
    const PaidOnce = messageType({ type: "tests.paid.v1", schema: z.strictObject({}), key: () => "k" });
    expect(() => contract({ name: "tests", accepts: [Paid, PaidOnce] })).toThrow(
      "contract tests accepts tests.paid.v1 twice",
    );
  });
});

async function seenBy(message: Envelope): Promise<unknown[]> {
  const seen: unknown[] = [];
  const chain = messageChain({
    contract: contract({ name: "tests", accepts: [Paid, Refunded] }),
    middlewares: [],
    async work(received) {
      if (received.type === "tests.paid.v3") expectTypeOf(received.data).toEqualTypeOf<typeof current>();
      seen.push(received);
    },
  });
  const unit = unitOfWork({ contract: { name: "tests", publishes: [] }, cause: message });
  await chain({ consumer: "tests", message, unit, deadlineMs: Number.MAX_SAFE_INTEGER }, aContext());
  return seen;
}
