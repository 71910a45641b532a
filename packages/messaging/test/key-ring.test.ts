import { aKeyStore, aSecret } from "@essentially-once/testing/a-key-ring";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setClock } from "../src/core/clock.ts";
import { RetryLater } from "../src/core/outcome.ts";
import { keyRing } from "../src/trust/key-ring.ts";
import { newKey, writeKeyEntries } from "../src/trust/key-secret.ts";

const broken = new Error("the store says a secret");
let now: number;
let restoreClock: () => void;

beforeEach(() => {
  now = 1_781_524_800_000;
  restoreClock = setClock(() => now);
});
afterEach(() => restoreClock());

describe("keyRing", () => {
  it("asks the store on first use, once for all who ask at the same time, and keeps the answer", async () => {
    const store = aKeyStore(aSecret("k1", "k2"));
    expect(store.asked()).toBe(0);
    const [current, first] = await Promise.all([store.ring.current(), store.ring.find("k1")]);
    expect([current.id, first?.id]).toEqual(["k2", "k1"]);
    now += 299_999;
    expect((await store.ring.current()).id).toBe("k2");
    expect(store.asked()).toBe(1);
  });

  it("reads the keys again when they have become old", async () => {
    const store = aKeyStore(aSecret("k1"), { refreshSeconds: 60 });
    expect((await store.ring.current()).id).toBe("k1");
    store.answer(aSecret("k1", "k2"));
    now += 60_000;
    expect((await store.ring.current()).id).toBe("k2");
    expect(store.asked()).toBe(2);
  });

  it("G7: a withdrawn key is gone at the next refresh", async () => {
    const store = aKeyStore(aSecret("k1", "k2"), { refreshSeconds: 60 });
    expect(await store.ring.find("k1")).toBeDefined();
    store.answer(aSecret("k2"));
    now += 60_000;
    expect(await store.ring.find("k1")).toBeUndefined();
  });

  it("signs with a new key from the time on that its maker set, without asking the store", async () => {
    const [k1, k2] = [newKey("k1", { signsFromMs: 0 }), newKey("k2", { signsFromMs: now + 60_000 })];
    const store = aKeyStore(writeKeyEntries([k1, k2]));
    expect((await store.ring.current()).id).toBe("k1");
    now += 59_999;
    expect((await store.ring.current()).id).toBe("k1");
    now += 1;
    expect((await store.ring.current()).id).toBe("k2");
    expect(store.asked()).toBe(1);
  });

  it("finds a new key without waiting for the refresh", async () => {
    const store = aKeyStore(aSecret("k1"));
    await store.ring.current();
    store.answer(aSecret("k1", "k2"));
    now += 10_000;
    expect((await store.ring.find("k2"))?.id).toBe("k2");
  });

  it("G11: unknown ids make it ask the store at most every ten seconds", async () => {
    const store = aKeyStore(aSecret("k1"));
    await store.ring.current();
    now += 4_000;
    for (let n = 0; n < 100; n++) {
      expect(await store.ring.find(`forged-${n}`)).toBeUndefined();
    }
    expect(store.asked()).toBe(1);
    now += 6_000;
    const found = await Promise.all(["forged-1", "forged-2"].map((id) => store.ring.find(id)));
    expect(found).toEqual([undefined, undefined]);
    expect(store.asked()).toBe(2);
  });

  it("an unknown id is known to be unknown when the store was asked for it", async () => {
    const store = aKeyStore(aSecret("k1"));
    expect(await store.ring.find("forged")).toBeUndefined();
    expect(store.asked()).toBe(1);
  });

  it("a store that fails is trouble that passes: RetryLater, and the next who asks may have more luck", async () => {
    const store = aKeyStore(broken);
    const error = await errorOf(store.ring.current());
    expect(error).toBeInstanceOf(RetryLater);
    expect(error).toMatchObject({
      code: "KEYS_UNAVAILABLE",
      retryAfterSeconds: 30,
      waited: true,
      cause: broken,
    });
    store.answer(aSecret("k1"));
    expect((await store.ring.current()).id).toBe("k1");
  });

  it("a secret that is malformed is the store's failure too", async () => {
    const lines = await linesOf(async () => {
      const error = await errorOf(aKeyStore("{}").ring.find("k1"));
      expect(error).toMatchObject({ code: "KEYS_UNAVAILABLE", cause: { name: "KeysInvalid" } });
    });
    expect(lines).toMatchObject([
      {
        ...{ level: "ERROR", code: "KEYS_NOT_LOADED", errorCode: "KeysInvalid" },
        detail: expect.stringMatching(/^the secret must have "keys"/),
      },
    ]);
  });

  it("S10: of any other failure the log has the kind and not the message, which may quote the secret", async () => {
    const kinds: [Error | Promise<string>, string][] = [
      [broken, "Error"],
      [Promise.reject("a secret"), "string"],
    ];
    for (const [failure, errorCode] of kinds) {
      const lines = await linesOf(() => errorOf(aKeyStore(failure).ring.current()));
      expect(lines).toMatchObject([{ level: "ERROR", code: "KEYS_NOT_LOADED", errorCode }]);
      expect(JSON.stringify(lines)).not.toContain("secret");
    }
  });

  it("older keys serve while the store fails, and it is asked every ten seconds, for an hour", async () => {
    const store = aKeyStore(aSecret("k1"), { refreshSeconds: 60 });
    await store.ring.current();
    store.answer(broken);
    now += 60_000;
    for (let n = 0; n < 5; n++) expect((await store.ring.current()).id).toBe("k1");
    expect(store.asked()).toBe(2);
    now += 10_000;
    expect((await store.ring.find("k1"))?.id).toBe("k1");
    expect(store.asked()).toBe(3);
    now += 3_600_000;
    expect(await errorOf(store.ring.current())).toMatchObject({ code: "KEYS_UNAVAILABLE" });
  });

  it("an unknown id while the store fails waits and is not refused", async () => {
    const store = aKeyStore(aSecret("k1"));
    await store.ring.current();
    store.answer(broken);
    now += 20_000;
    expect(await errorOf(store.ring.find("k2"))).toMatchObject({ code: "KEYS_UNAVAILABLE" });
    expect(await errorOf(store.ring.find("k2"))).toMatchObject({ code: "KEYS_UNAVAILABLE" });
    expect(store.asked()).toBe(2);
  });

  it("G11: a store that never answers fails after two seconds, and blocks no later read", async () => {
    const store = aKeyStore(new Promise<string>(() => undefined));
    expect(await errorOf(store.ring.current())).toMatchObject({ code: "KEYS_UNAVAILABLE" });
    store.answer(aSecret("k1"));
    expect((await store.ring.current()).id).toBe("k1");
  });

  it.each([1, 3_600])("may be as old as %i seconds", (refreshSeconds) => {
    expect(() => keyRing({ load: async () => "", refreshSeconds })).not.toThrow();
  });

  it.each([0, -1, 3_601, Number.NaN])(
    "refuses to refresh every %s seconds, naming the range",
    (refreshSeconds) => {
      expect(() => keyRing({ load: async () => "", refreshSeconds })).toThrow(
        `refreshSeconds must be from 1 to 3600, got ${refreshSeconds}`,
      );
    },
  );
});

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => new Error(`expected a rejection, got ${String(value)}`),
    (error: unknown) => error,
  );
}
