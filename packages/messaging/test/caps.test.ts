import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { aContext, aPost } from "@essentially-once/testing/lambda";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { Park } from "../src/core/outcome.ts";
import {
  arrayLengthMax,
  bodyBytesMax,
  checkCaps,
  depthMax,
  keysMax,
  parseCapped,
  valuesIn,
  valuesMax,
} from "../src/envelope/caps.ts";
import { contract } from "../src/envelope/contract.ts";
import { asciiJson, readEnvelope } from "../src/envelope/envelope.ts";
import { messageType } from "../src/envelope/message-type.ts";
import { endpoint } from "../src/receive/endpoint.ts";

describe("parseCapped", () => {
  it("reads what is inside the bounds, as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        fc.pre(!/__proto__|constructor|prototype/.test(text));
        expect(parseCapped(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ["lists", "[".repeat(100_000) + "]".repeat(100_000)],
    ["objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
    ["as many lists as fit a message", "[".repeat(bodyBytesMax / 2) + "]".repeat(bodyBytesMax / 2)],
  ])("S9, G11: parks JSON of 100,000 levels and more as TOO_DEEP and survives it (%s)", (_what, text) => {
    expect(codeOf(() => parseCapped(text))).toBe("TOO_DEEP");
  });

  it("S9: takes as many levels as it says and no more", () => {
    expect(codeOf(() => parseCapped(nested(depthMax)))).toBeUndefined();
    expect(codeOf(() => parseCapped(nested(depthMax + 1)))).toBe("TOO_DEEP");
  });

  it("S9: counts the bytes and not the characters, before it parses", () => {
    const fits = JSON.stringify("ü".repeat((bodyBytesMax - 2) / 2));
    expect(codeOf(() => parseCapped(fits))).toBeUndefined();
    expect(codeOf(() => parseCapped(`${fits} `))).toBe("TOO_LARGE");
    expect(codeOf(() => parseCapped("{".repeat(bodyBytesMax + 1)))).toBe("TOO_LARGE");
    expect(codeOf(() => parseCapped("x".repeat(50_000_000)))).toBe("TOO_LARGE");
  });

  it("S9: counts the keys of all objects together", () => {
    const objects = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({ a: 1, b: 2 })));
    expect(codeOf(() => parseCapped(objects(arrayLengthMax)))).toBeUndefined();
    const keys = Object.fromEntries(Array.from({ length: keysMax }, (_, n) => [`k${n}`, n]));
    expect(codeOf(() => parseCapped(JSON.stringify(keys)))).toBeUndefined();
    expect(codeOf(() => parseCapped(JSON.stringify({ a: 1, ...keys })))).toBe("TOO_MANY_KEYS");
    expect(codeOf(() => parseCapped(JSON.stringify({ inner: keys })))).toBe("TOO_MANY_KEYS");
  });

  it("S9: counts values before they are parsed, and not the text inside strings", () => {
    const nested = `[${Array(20)
      .fill(`[${Array(9_000).fill("[]").join(",")}]`)
      .join(",")}]`;
    expect(() => parseCapped(nested)).toThrow(`TOO_MANY_VALUES: more than ${valuesMax} values`);
    const values = (count: number) => {
      const rest = count - 99_911; // ten lists of 9,990 entries, and the one around them
      const list = `[${Array(9_990).fill("10").join(",")}]`;
      return `[${[...Array(10).fill(list), ...Array(rest).fill("10")].join(",")}]`;
    };
    expect(valuesIn(values(valuesMax))).toBe(valuesMax);
    expect(valuesIn('["a\\"", 1, {"b": 2}]')).toBe(5); // what follows a text counts, too
    expect(codeOf(() => parseCapped(values(valuesMax)))).toBeUndefined();
    expect(codeOf(() => parseCapped(values(valuesMax + 1)))).toBe("TOO_MANY_VALUES");
    const texts = Array(9_000).fill('"[,{\\\\\\"[,{,,,,,,,,,,,,,,,,,,,,,,,,"').join(",");
    expect(parseCapped(`[${texts}]`)).toHaveLength(9_000);
    expect(() => parseCapped(`"${"[".repeat(300_000)}`)).toThrow("NOT_JSON");
  });

  it("S9: bounds the length of a list, wherever it is", () => {
    const list = (length: number) => JSON.stringify({ a: [Array.from({ length }, () => 0)] });
    expect(codeOf(() => parseCapped(list(arrayLengthMax)))).toBeUndefined();
    expect(codeOf(() => parseCapped(list(arrayLengthMax + 1)))).toBe("ARRAY_TOO_LONG");
  });

  it.each(["__proto__", "constructor", "prototype"])("S9: refuses the key %s at any depth", (key) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.boolean(), (depth, inList) => {
        const evil = `{"${key}":{"admin":true}}`;
        const around = inList ? ["[", "]"] : ['{"a":', "}"];
        const text = around[0]?.repeat(depth) + evil + around[1]?.repeat(depth);
        expect(codeOf(() => parseCapped(text))).toBe("KEY_FORBIDDEN");
      }),
    );
    expect(codeOf(() => parseCapped(JSON.stringify({ text: key })))).toBeUndefined();
  });

  it("S10: says nothing of the text, neither in its detail nor in a cause", () => {
    const park = parkOf(() => parseCapped("a secret {"));
    expect(park?.code).toBe("NOT_JSON");
    expect(`${park?.stack} ${park?.cause}`).not.toContain("secret");
  });
});

describe("where the caps hold", () => {
  const accepts = messageType({ type: "tests.asked.v1", schema: z.unknown(), key: () => "k" });

  it("S9: an envelope is read inside them", () => {
    const deep = asciiJson(anEnvelope()).replace('"data":{}', `"data":${"[".repeat(1e5)}${"]".repeat(1e5)}`);
    expect(codeOf(() => readEnvelope(deep))).toBe("TOO_DEEP");
    expect(codeOf(() => readEnvelope(" ".repeat(bodyBytesMax + 1)))).toBe("TOO_LARGE");
  });

  it.each([
    ["TOO_DEEP", 422, nested(depthMax + 1)],
    ["KEY_FORBIDDEN", 422, '{"__proto__":{}}'],
    ["NOT_JSON", 400, "{"],
    ["TOO_LARGE", 413, " ".repeat(bodyBytesMax + 1)],
  ])("S9: the body of a request is read inside them: %s is a %i", async (code, status, body) => {
    const ask = endpoint(contract({ name: "ask", accepts: [accepts] })).handler(async () => ({}));
    const answer = await ask(aPost(body, { "idempotency-key": "key-1" }), aContext());
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body ?? "")).toMatchObject({ title: code, status });
  });

  it("S3: what no consumer would read is parked before it is committed", () => {
    const unit = unitOfWork({ contract: { name: "tests", publishes: [accepts] }, cause: anEnvelope() });
    const draft = { type: accepts.type, partitionkey: "k", data: JSON.parse(nested(depthMax)) };
    expect(codeOf(() => unit.publish(draft))).toBe("TOO_DEEP");
    expect(unit.messages).toEqual([]);
  });

  it("S9: a value that was not parsed is walked without recursion, too", () => {
    let value: unknown[] = [];
    for (let n = 0; n < 1_000_000; n++) value = [value];
    expect(codeOf(() => checkCaps(value))).toBe("TOO_DEEP");
  });
});

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function codeOf(run: () => unknown): string | undefined {
  return parkOf(run)?.code;
}

function parkOf(run: () => unknown): Park | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof Park) return error;
    throw error;
  }
  return undefined;
}
