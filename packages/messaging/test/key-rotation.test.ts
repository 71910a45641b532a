import { describe, expect, it } from "vitest";
import { evidenceDays } from "../src/envelope/message-life.ts";
import { KeysInvalid, staleMsMax } from "../src/trust/key-ring.ts";
import { obstacleTo, rotated, rotationDaysMin, signsAfterMs } from "../src/trust/key-rotation.ts";
import { newKey, readKeyEntries, readKeys, writeKeyEntries } from "../src/trust/key-secret.ts";

const dayMs = 86_400_000;
const start = Date.parse("2026-01-01T00:00:00Z");
const firstText = JSON.stringify({ current: "k0", k0: "Ab0".padEnd(64, "z") });
const idsIn = (text: string) => readKeyEntries(text).map(({ id }) => id);

describe("rotated", () => {
  it("G6: a new key signs only when the oldest ring has read it; until then the old one does", () => {
    const text = rotated(firstText, { keyId: "k1", nowMs: start });
    const keys = readKeys(text);
    expect([...keys.byId.keys()]).toEqual(["k0", "k1"]);
    expect(keys.signingAt(start + staleMsMax).id).toBe("k0");
    expect(keys.signingAt(start + signsAfterMs).id).toBe("k1");
    expect(readKeyEntries(text)[0]?.secret).toBe(Buffer.from("Ab0".padEnd(64, "z")).toString("base64"));
  });

  it.each([rotationDaysMin, 7, 30, 90])(
    "G6: rotated every %i days, every key verifies for as long as what it signed can come, and then goes",
    (everyDays) => {
      const lastSigned = new Map<string, number>();
      let text = firstText;
      for (let day = 0; day < 400; day += everyDays) {
        const nowMs = start + day * dayMs;
        text = rotated(text, { keyId: `day-${day}`, nowMs });
        const keys = readKeys(text);
        for (let later = 0; later < everyDays * dayMs; later += dayMs / 4) {
          lastSigned.set(keys.signingAt(nowMs + later).id, nowMs + later);
        }
        const alive = [...lastSigned].filter(([, atMs]) => atMs > nowMs - evidenceDays * dayMs);
        for (const [id] of alive) expect(keys.byId.has(id)).toBe(true);
        expect(keys.byId.size).toBeLessThanOrEqual(Math.ceil(evidenceDays / everyDays) + 3);
      }
    },
  );

  it("G11: fails, and drops none, when all of a hundred keys are in use", () => {
    const inUse = Array.from({ length: 100 }, (_, n) => newKey(`k${n}`, { signsFromMs: start + n }));
    const nowMs = start + dayMs;
    expect(() => rotated(writeKeyEntries(inUse), { keyId: "one-more", nowMs })).toThrow(
      new KeysInvalid("all 100 keys are in use, at most 100 are allowed: rotate at most every 1 days"),
    );
    const later = nowMs + evidenceDays * dayMs;
    expect(idsIn(rotated(writeKeyEntries(inUse), { keyId: "one-more", nowMs: later }))).toEqual([
      "k99",
      "one-more",
    ]);
  });
});

it("G6: a key is dropped in the moment when nothing that it signed can arrive any more", () => {
  const entries = [newKey("k0", { signsFromMs: 0 }), newKey("k1", { signsFromMs: start })];
  const atMs = (nowMs: number) => idsIn(rotated(writeKeyEntries(entries), { keyId: "k2", nowMs }));
  expect(atMs(start + evidenceDays * dayMs - 1)).toEqual(["k0", "k1", "k2"]);
  expect(atMs(start + evidenceDays * dayMs)).toEqual(["k1", "k2"]);
});

describe("obstacleTo", () => {
  const next = rotated(firstText, { keyId: "k1", nowMs: start });

  it("lets pass what was made from the present secret a moment ago", () => {
    expect(obstacleTo(next, { text: firstText, nowMs: start + 60_000 })).toBeUndefined();
    expect(obstacleTo(next, { text: firstText, nowMs: start + signsAfterMs - staleMsMax })).toBeUndefined();
  });

  it.each([
    ["key k1 would sign too early", next, firstText, start + signsAfterMs - staleMsMax + 1],
    ["it lacks k9, which are in use", next, writeKeyEntries([...entries(), aKey("k9")]), start],
    ["it changes k0", next, JSON.stringify({ current: "k0", k0: "Xy1".padEnd(64, "z") }), start],
    [
      "it lacks k8, k9, which are in use",
      next,
      writeKeyEntries([...entries(), aKey("k8"), aKey("k9")]),
      start,
    ],
    [
      "it changes k8, k9",
      writeKeyEntries([aKey("k8"), aKey("k9"), newKey("k1", { signsFromMs: start + signsAfterMs })]),
      writeKeyEntries([aKey("k8"), aKey("k9")]),
      start,
    ],
    ["it adds 2 keys instead of one", next, writeKeyEntries([aKey("k9")]), start],
    ["it adds 0 keys instead of one", firstText, firstText, start],
  ])("%s", (obstacle, pending, text, nowMs) => {
    expect(obstacleTo(pending, { text, nowMs })).toBe(obstacle);
  });

  it("G7: a key that was withdrawn meanwhile does not come back", () => {
    const leaked = writeKeyEntries([aKey("leaked"), ...entries()]);
    const pending = rotated(leaked, { keyId: "k1", nowMs: start });
    expect(obstacleTo(pending, { text: firstText, nowMs: start })).toBe("it adds 2 keys instead of one");
  });

  function entries() {
    return readKeyEntries(firstText);
  }

  function aKey(id: string) {
    return newKey(id, { signsFromMs: start - 1 });
  }
});
