import { describe, expect, it } from "vitest";
import { KeysInvalid, newKeys, readKeys } from "../../../functions/messaging/key-secret.ts";

const key = Buffer.alloc(32, 7).toString("base64");

describe("readKeys", () => {
  it("reads the keys and which of them signs", () => {
    const keys = readKeys(JSON.stringify({ current: "k2", keys: { k1: key, k2: key } }));
    expect(keys.current.id).toBe("k2");
    expect([...keys.byId.keys()]).toEqual(["k1", "k2"]);
    expect(keys.current.secret.export()).toEqual(Buffer.alloc(32, 7));
  });

  it("reads what newKeys made, another key each time", () => {
    const [one, two] = [readKeys(newKeys("k1")), readKeys(newKeys("k1"))];
    expect(one.current.id).toBe("k1");
    expect(one.current.secret.equals(two.current.secret)).toBe(false);
  });

  it.each([
    ["a secret", "the secret must be JSON, got 8 characters that are not"],
    ["[]", "the secret must be an object"],
    [JSON.stringify({ current: "k1" }), '"keys" must be an object'],
    [
      JSON.stringify({ current: "k9", keys: { k1: key } }),
      '"current" must be the id of one of the keys (k1), got another text of 2 characters',
    ],
    [JSON.stringify({ keys: {} }), '"current" must be the id of one of the keys (none), got undefined'],
    [
      JSON.stringify({ current: "k.1", keys: { "k.1": key } }),
      "a key id must be 1 to 64 letters, digits, - or _, got another text of 3 characters",
    ],
    [JSON.stringify({ current: "k1", keys: { k1: "not base64!" } }), "the key k1 must be base64"],
    [JSON.stringify({ current: "k1", keys: { k1: 7 } }), "the key k1 must be base64"],
    [
      JSON.stringify({ current: "k1", keys: { k1: "c2hvcnQ=" } }),
      "the key k1 must have at least 32 bytes, got 5",
    ],
  ])("says what is wrong with %s", (text, message) => {
    expect(() => readKeys(text)).toThrow(new KeysInvalid(message));
  });

  it.each([
    ["a key in place of an id", JSON.stringify({ current: "k1", keys: { [key]: "k1" } })],
    ["a key as the current id", JSON.stringify({ current: key, keys: { k1: key } })],
    ["a text that is no JSON", `{ "k1": "${key}"`],
  ])("S10: quotes no key, not even out of %s", (_what, text) => {
    expect(() => readKeys(text)).toThrow(KeysInvalid);
    try {
      readKeys(text);
    } catch (error) {
      expect(`${error} ${(error as Error).cause}`).not.toContain(key.slice(0, 8));
    }
  });
});
