import { describe, expect, it } from "vitest";
import { KeysInvalid } from "../src/trust/key-ring.ts";
import { newKey, readKeyEntries, readKeys, writeKeyEntries } from "../src/trust/key-secret.ts";

const secret = Buffer.alloc(32, 7).toString("base64");
const at = (second: number) => new Date(second * 1_000).toISOString();
const full = (keys: Record<string, unknown>) => JSON.stringify({ keys });

describe("readKeys", () => {
  it("signs with the key that began last, and verifies with all", () => {
    const keys = readKeys(
      full({
        k3: { secret, signsFrom: at(30) },
        k1: { secret, signsFrom: at(10) },
        k2: { secret, signsFrom: at(20) },
      }),
    );
    expect([...keys.byId.keys()].sort()).toEqual(["k1", "k2", "k3"]);
    const signing = [9, 10, 19, 20, 29, 30, 99].map((second) => keys.signingAt(second * 1_000).id);
    expect(signing).toEqual(["k1", "k1", "k1", "k2", "k2", "k3", "k3"]);
    expect(keys.byId.get("k1")?.secret.export()).toEqual(Buffer.alloc(32, 7));
  });

  it.each(["Ab0".padEnd(64, "z"), "A-b.0!".padEnd(64, "~")])(
    "reads the first form, as CloudFormation generates it, with any text: %s",
    (generated) => {
      const keys = readKeys(JSON.stringify({ current: "k1", k1: generated }));
      expect(keys.signingAt(0).id).toBe("k1");
      expect(keys.signingAt(0).secret.export()).toEqual(Buffer.from(generated));
      expect([...keys.byId.keys()]).toEqual(["k1"]);
    },
  );

  it("reads what writeKeyEntries wrote, and two new keys have different secrets", () => {
    const entries = [newKey("k1", { signsFromMs: 1_000 }), newKey("k2", { signsFromMs: 2_000 })];
    expect(readKeyEntries(writeKeyEntries(entries))).toEqual(entries);
    expect(entries[0]?.secret).not.toBe(entries[1]?.secret);
  });

  it.each([
    ["a secret", "the secret must be JSON, got 8 other characters"],
    ["[]", "the secret must be an object"],
    ["null", "the secret must be an object"],
    ["{}", 'the secret must have "keys", or "current" and the key it names, got 0 keys'],
    [
      JSON.stringify({ current: "k1", k1: secret, k2: secret }),
      'the secret must have "keys", or "current" and the key it names, got 2 keys',
    ],
    [JSON.stringify({ current: "k1", k1: 7 }), "the key k1 must be a string"],
    [
      JSON.stringify({ current: "k1" }),
      'the secret must have "keys", or "current" and the key it names, got 0 keys',
    ],
    [
      JSON.stringify({ current: "k9", k1: secret }),
      'the secret must have "keys", or "current" and the key it names, got 1 keys',
    ],
    [full({}), '"keys" must have at least one key, got none'],
    [JSON.stringify({ keys: [] }), '"keys" must be an object'],
    [full({ k1: secret }), "the key k1 must be an object"],
    [full({ ["k".repeat(39)]: secret }), `the key ${"k".repeat(39)} must be an object`],
    [full({ ["k".repeat(40)]: secret }), "the key of 40 characters must be an object"],
    [full({ ["k".repeat(64)]: secret }), "the key of 64 characters must be an object"],
    [
      full({ ["k".repeat(65)]: secret }),
      "a key id must be 1 to 64 letters, digits, - or _, got 65 characters",
    ],
    [
      full({ k1: { secret, signsFrom: "soon" } }),
      '"signsFrom" of the key k1 must be a date and time of RFC 3339',
    ],
    [full({ k1: { secret, signsFrom: 7 } }), '"signsFrom" of the key k1 must be a date and time of RFC 3339'],
    [full({ k1: { secret } }), '"signsFrom" of the key k1 must be a date and time of RFC 3339'],
    [
      full({ "k.1": { secret, signsFrom: at(1) } }),
      "a key id must be 1 to 64 letters, digits, - or _, got 3 characters",
    ],
    [full({ k1: { secret: "not base64!", signsFrom: at(1) } }), "the key k1 must be base64"],
    [full({ k1: { secret: 7, signsFrom: at(1) } }), "the key k1 must be base64"],
    [full({ k1: { secret: "c2hvcnQ=", signsFrom: at(1) } }), "the key k1 must have at least 32 bytes, got 5"],
  ])("says what is wrong with %s", (text, message) => {
    expect(() => readKeys(text)).toThrow(new KeysInvalid(message));
  });

  it.each([
    ["a key in place of an id", full({ [secret]: { secret: "k1", signsFrom: at(1) } })],
    ["a generated key in place of an id", full({ ["Ab0".padEnd(64, "z")]: "k1" })],
    ["a key as the current id", JSON.stringify({ current: secret, k1: secret })],
    ["a key as the time", full({ k1: { secret, signsFrom: secret } })],
    ["a text that is no JSON", `{ "k1": "${secret}"`],
  ])("S10: quotes no key, not even out of %s", (_what, text) => {
    expect(() => readKeys(text)).toThrow(KeysInvalid);
    try {
      readKeys(text);
    } catch (error) {
      expect(`${error} ${(error as Error).cause}`).not.toMatch(new RegExp(`${secret.slice(0, 8)}|Ab0zzz`));
    }
  });
});
