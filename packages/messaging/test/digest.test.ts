import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, inOrder, saysTheSame, shortened } from "../src/envelope/digest.ts";

const type = "a";

describe("digestOf", () => {
  it("D15: differs when type or data differ", () => {
    const digests = [
      digestOf({ type, data: { n: 1 } }),
      digestOf({ type, data: { n: 2 } }),
      digestOf({ type: "b", data: { n: 1 } }),
      digestOf({ type }),
      digestOf({ type, dataref: "s3://bucket/1" }),
      digestOf({ type, dataref: "s3://bucket/2" }),
    ];
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(6);
    for (const [i, a] of digests.entries())
      for (const [j, b] of digests.entries()) expect(saysTheSame(a, b)).toBe(i === j);
  });

  it("G2: is of the data: every order of keys, at any depth, says the same, and no other data do", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.infiniteStream(fc.nat()), (a, b, random) => {
        const [one, copy] = [digestOf({ type, data: a }), digestOf({ type, data: shuffled(a, random) })];
        expect(saysTheSame(one, copy)).toBe(true);
        expect(saysTheSame(copy, one)).toBe(true);
        expect(saysTheSame(one, digestOf({ type, data: b }))).toBe(meansTheSame(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["1.0 and 1", '{"n":1.0}', '{"n":1}', true],
    ["1e2 and 100", '{"n":1e2}', '{"n":100}', true],
    ["-0 and 0", '{"n":-0}', '{"n":0}', true],
    ["an escape and its character", '{"t":"\\u00e9"}', '{"t":"é"}', true],
    ["white space", '{ "a" : [ 1 ] }', '{"a":[1]}', true],
    ["keys that are numbers", '{"b":1,"10":2,"9":3}', '{"9":3,"10":2,"b":1}', true],
    ["a key that comes twice, and its last value", '{"a":1,"a":2}', '{"a":2}', true],
    ["a list in another order", "[1,2]", "[2,1]", false],
    ["a number and its text", '{"n":1}', '{"n":"1"}', false],
    ["null and no key", '{"a":null}', "{}", false],
    ["composed and decomposed", '{"t":"\\u00e9"}', '{"t":"e\\u0301"}', false],
  ])("D15: %s", (_what, a, b, isSame) => {
    const [one, other] = [digestOf({ type, data: JSON.parse(a) }), digestOf({ type, data: JSON.parse(b) })];
    expect(saysTheSame(one, other)).toBe(isSame);
    expect(saysTheSame(other, one)).toBe(isSame);
  });

  it("G2: its first part is what the release before compares, whatever the order; in order it is all", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const { digest, meaning } = digestOf({ type, data });
        expect(digest).toBe(ofTheReleaseBefore({ type, data }));
        expect(saysTheSame({ digest: ofTheReleaseBefore({ type, data }) }, { digest })).toBe(true);
        expect(digestOf({ type, data: inOrder(data) })).toEqual({ digest: meaning ?? digest });
      }),
    );
  });

  it("G2: by claim check it is of the reference, and of the data too once they are here", () => {
    const dataref = "s3://bucket/1";
    const [unread, read] = [digestOf({ type, dataref }), digestOf({ type, dataref, data: { b: 1, a: 2 } })];
    expect(unread).toEqual({ digest: ofTheReleaseBefore({ type, dataref }) });
    expect(saysTheSame(unread, read)).toBe(true);
    expect(saysTheSame(read, digestOf({ type, data: { a: 2, b: 1 } }))).toBe(true);
    expect(saysTheSame(digestOf({ type, dataref: "s3://bucket/2", data: { a: 2, b: 1 } }), read)).toBe(true);
    expect(saysTheSame(digestOf({ type, dataref: "s3://bucket/2", data: { a: 1, b: 1 } }), read)).toBe(false);
  });

  it("G11: takes as long as the data are large, and as deep as they may be", () => {
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${20_000 - n}`, n]));
    let deep: unknown = wide;
    for (let depth = 0; depth < 62; depth++) deep = { b: deep, a: depth };
    expect(digestOf({ type, data: deep }).meaning).toHaveLength(43);
  });
});

it("G2: of data that say the same in one order only is one part, and made once", () => {
  for (const data of [1, { a: 1, b: 2 }, { 9: 1, 10: 2 }, [{ a: 1 }]]) {
    expect(Object.keys(digestOf({ type, data }))).toEqual(["digest"]);
  }
  const said = { type, data: { b: 1, a: 2 } };
  expect(digestOf(said)).toBe(digestOf(said));
});

it("G11: data in order are not copied", () => {
  for (const data of [[1, [2]], { a: [1], b: { c: 2 } }, [{ a: 1 }, { b: [] }], {}])
    expect(inOrder(data)).toBe(data);
});

describe("saysTheSame", () => {
  it("takes a shortened digest, and nothing so short that it tells nothing", () => {
    const said = digestOf({ type, data: { b: 1, a: 2 } });
    expect(
      saysTheSame(shortened(said, { digest: 16, meaning: 11 }), digestOf({ type, data: { a: 2, b: 1 } })),
    ).toBe(true);
    const [short, ordered] = [{ digest: 16, meaning: 11 }, digestOf({ type, data: { a: 2, b: 1 } })];
    expect(saysTheSame(shortened(ordered, short), said)).toBe(true);
    expect(shortened(said, short)).toEqual({
      digest: said.digest.slice(0, 16),
      meaning: said.meaning?.slice(0, 11),
    });
    expect(shortened(ordered, short)).toEqual({ digest: ordered.digest.slice(0, 16) });
    for (const stored of [{}, { digest: "" }, { digest: said.digest.slice(0, 10) }, { meaning: 1 }]) {
      expect(saysTheSame(stored, said)).toBe(false);
    }
  });

  it("G2: is the only place that compares digests", () => {
    const comparing =
      /(?:digest|meaning|said)\w*(?:\([^()]*\))?\)?\s*[!=]==|[!=]==\s*[\w.?]*(?:digest|meaning|said)/i;
    const breaches = globSync(["functions/**/*.ts", "packages/{messaging,operator}/src/**/*.ts"])
      .filter((file) => !file.endsWith("/digest.ts"))
      .flatMap((file) =>
        readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => comparing.test(line) && !/meaning\w* [!=]== undefined/.test(line))
          .map((line) => `${file}: ${line.trim()}`),
      );
    expect(breaches).toEqual([]);
    expect(comparing.test("if (evidence.digest !== digestOf(message)) {")).toBe(true);
    expect(comparing.test('if (seen.split(".")[1] !== digest) {')).toBe(true);
  });
});

it("G2: an envelope's own attributes are no part of what it says", () => {
  const message = anEnvelope({ data: { b: 1, a: 2 } });
  const copy = anEnvelope({ ...message, time: "2026-01-01T00:00:00Z", hops: 3 });
  expect(digestOf(copy)).toEqual(digestOf(message));
});

/** What evidence compared until 0.1.0 knew the order of keys; kept as it was. */
function ofTheReleaseBefore({ type, data, dataref }: { type: string; data?: unknown; dataref?: string }) {
  const said = dataref === undefined ? [type, data ?? null] : [type, null, dataref];
  return createHash("sha256").update(JSON.stringify(said)).digest("base64url");
}

function shuffled(value: unknown, random: Iterator<number>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => shuffled(entry, random));
  const entries = Object.entries(value).map(
    ([name, entry]) => [random.next().value as number, name, shuffled(entry, random)] as const,
  );
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, name, entry]) => [name, entry]));
}

/** As a test understands it: equal but for the order of keys. */
function meansTheSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return JSON.stringify(a) === JSON.stringify(b);
  }
  const [names, others] = [Object.keys(a).sort(), Object.keys(b).sort()];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    JSON.stringify(names) === JSON.stringify(others) &&
    names.every((name) => meansTheSame(Reflect.get(a, name), Reflect.get(b, name)))
  );
}
