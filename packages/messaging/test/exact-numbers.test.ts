import { aContext, anSqsRecord, aPost } from "@essentially-once/testing/lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { receive } from "../src/commit/received.ts";
import { Park } from "../src/core/outcome.ts";
import { parseCapped, parseExact } from "../src/envelope/caps.ts";
import { contract } from "../src/envelope/contract.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { endpoint } from "../src/receive/endpoint.ts";

const refused = [
  "9007199254740993",
  "-9007199254740993",
  "9007199254740993.0",
  "9007199254740993e0",
  "900719925474099.3e1",
  "12345678901234567890",
  "18446744073709551615",
  "0.1000000000000000055511151231257827",
  "1.0000000000000000001",
  "0.99999999999999999",
  "12345678901234.567",
  "386329655539214590",
  "-386329655539214590.0",
  "38632965553921456",
  "3.141592653589793238",
  "1e400",
  "-1e400",
  "1e-400",
  "1.2345e-320",
  `1${"0".repeat(309)}`,
  `0.${"0".repeat(400)}1`,
];
const taken = [
  "0",
  "-0",
  "0.0e999",
  "0.1",
  "1.50",
  "1e2",
  "0.30000000000000004",
  "0.10000000000000001",
  "9007199254740991",
  "9007199254740992",
  "-9007199254740992",
  "123456789012345680000",
  "386329655539214600",
  "38632965553921460",
  "3.8632965553921459e17",
  "1e21",
  "1E+300",
  "5e-324",
  "4.9E-324",
  "1.7976931348623157e308",
  "5.684341886080801e-14",
  "0.00000000000000000001",
  "1000000000000000000000000000000",
];

describe("a number that JavaScript would change", () => {
  it.each(refused)("G7: is refused by name: %s", (literal) => {
    for (const text of [literal, `{"a":[1, ${literal} ]}`, `{"a":"x","b":${literal}}`]) {
      const park = parkOf(text);
      expect(park?.code).toBe("NUMBER_INEXACT");
      expect(park?.detail).not.toContain(literal);
    }
  });

  it.each(taken)("is not: %s", (literal) => {
    expect(parkOf(`{"a":[${literal}]}`)).toBeUndefined();
  });

  it("is not any that a program wrote which calculates in doubles", () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 17 }),
        (value, digits) => {
          expect(parkOf(JSON.stringify({ value }))).toBeUndefined();
          const inFull = value.toPrecision(17); // as %.17g of other languages
          const isLong = Number.isInteger(value) && !Number.isSafeInteger(value) && !inFull.includes("e");
          if (!isLong) expect(parkOf(`{"value":${inFull}}`)).toBeUndefined();
          if (digits <= 15 && Math.abs(value) > 1e-290 && Math.abs(value) < 1e300) {
            expect(parkOf(`{"value":${value.toPrecision(digits)}}`)).toBeUndefined();
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("G7: two whole numbers are never one", () => {
    const any = fc.bigInt({ min: 0n, max: 10n ** 21n - 1n });
    const short = fc
      .tuple(fc.bigInt({ min: 10n ** 15n, max: 10n ** 17n - 1n }), fc.integer({ min: 1, max: 4 }))
      .map(([digits, zeros]) => digits * 10n ** BigInt(zeros));
    fc.assert(
      fc.property(fc.oneof(any, short), (value) => {
        const isTaken = parkOf(`[${value}]`) === undefined;
        expect(!isTaken || String(Number(value)) === String(value)).toBe(true);
        if (value <= 2n ** 53n) expect(isTaken).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("is looked for in numbers only, wherever they are", () => {
    const harmless = {
      a: "9007199254740993",
      '9007199254740993"': "1e-400",
      b: '\\"',
      c: ["\\", 1],
      d: '\\\\"1e-999',
    };
    expect(parkOf(JSON.stringify(harmless))).toBeUndefined();
    expect(parkOf(JSON.stringify(harmless).replace(",1]", ",9007199254740993]"))?.code).toBe(
      "NUMBER_INEXACT",
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(40), (text, padding) => {
        const before = `{${" ".repeat(padding)}${JSON.stringify(`key ${text}`)}:`; // never __proto__
        expect(parkOf(`${before}"9007199254740993"}`)).toBeUndefined();
        expect(parkOf(`${before}9007199254740993}`)?.detail).toContain(`at character ${before.length + 1} `);
      }),
    );
  });

  it("G11: is found in a body of the largest size, of one number or of many, in a moment", () => {
    const started = process.hrtime.bigint();
    for (const text of [`[1${"0".repeat(1_000_000)}1]`, `["${'\\"'.repeat(300_000)}",${"1".repeat(16)}]`])
      parkOf(text);
    expect(parkOf(`["${"1".repeat(1_000_000)}"]`)).toBeUndefined();
    parkOf(`[[${Array.from({ length: 40 }, () => `${"12345678901234.5,".repeat(1_000)}1`).join("],[")}]]`);
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(60_000);
  });
});

describe("such a number from outside", () => {
  it("G6: parks the message of a queue", () => {
    const body =
      '{"specversion":"1.0","id":"1","source":"/a","type":"t","data":{"account":9007199254740993}}';
    expect(receive(anSqsRecord(body)).envelope).toMatchObject({ code: "NUMBER_INEXACT" });
  });

  it("is an answer of 422 to a request", async () => {
    const Pay = messageType({ type: "t.v1", schema: z.object({ account: z.number() }), key: () => "all" });
    const pay = endpoint(contract({ name: "pay", accepts: [Pay] })).handler(async () => ({}));
    const answer = await pay(aPost('{"account":9007199254740993}', { "idempotency-key": "1" }), aContext());
    expect(answer.statusCode).toBe(422);
    expect(answer.body).toContain("NUMBER_INEXACT");
  });

  it("what was kept already is read as it always was", () => {
    expect(parseCapped("[9007199254740993]")).toEqual([9007199254740992]);
  });
});

function parkOf(text: string): Park | undefined {
  try {
    parseExact(text);
    return undefined;
  } catch (error) {
    if (error instanceof Park) return error;
    throw error;
  }
}
