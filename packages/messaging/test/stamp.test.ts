import { expect, it, onTestFinished } from "vitest";
import { seeStamp, stampable, stamped } from "../src/commit/stamp.ts";
import type { Write } from "../src/commit/unit-of-work.ts";
import { setClock } from "../src/core/clock.ts";

const yearMs = 365 * 86_400_000;

it("G4: a stamp is the time in microseconds, and grows also by a clock that stands", () => {
  const atMs = Date.now();
  onTestFinished(setClock(() => atMs));
  const stamps = [1, 2, 3].map(() => stamped([]).stamp);
  expect(stamps).toEqual([0, 1, 2].map((n) => String(atMs * 1_000 + n)));
  expect(stamps[0]).toMatch(/^\d{16}$/);
});

it("G4: a commit comes after the one that wrote what it read, whatever the clocks say", () => {
  const ahead = (Date.now() + yearMs) * 1_000;
  for (const stamp of [ahead, ahead - 5]) seeStamp({ eo_stamp: { S: String(stamp) } });
  seeStamp({});
  seeStamp(undefined);
  expect(stamped([]).stamp).toBe(String(ahead + 1));
});

it("G4: a stamp that leaves no room for the next is none", () => {
  const before = Number(stamped([]).stamp);
  for (const stamp of [Number.MAX_SAFE_INTEGER, "a text"]) seeStamp({ eo_stamp: { S: String(stamp) } });
  const after = Number(stamped([]).stamp);
  expect(after).toBeGreaterThan(before);
  expect(after).toBeLessThan(before + yearMs * 1_000);
});

it("G4: saves carry the stamp, and say the highest that was read; other writes stay as they are", () => {
  const plain: Write = { Put: { TableName: "notes", Item: { id: { S: "b" } } } };
  const saves = ["0002", undefined, "0003", "0001"].map((read) => stampable(aSave(), read));
  const { stamp, after, writes } = stamped([...saves, plain]);
  expect(after).toBe("0003");
  expect(writes.at(-1)).toBe(plain);
  for (const { Update } of writes.slice(0, 4)) {
    expect(Update?.UpdateExpression).toBe("SET eo_stamp = :eo_stamp, #a0 = :a0");
    expect(Update?.ExpressionAttributeValues).toEqual({ ":a0": { N: "1" }, ":eo_stamp": { S: stamp } });
  }
  expect(stamped([stampable(aSave(), undefined), plain]).after).toBe("");
  expect(() => stamped([stampable({ Put: plain.Put }, undefined)])).toThrow("a save is an update");
});

function aSave(): Write {
  return {
    Update: {
      TableName: "notes",
      Key: { id: { S: "a" } },
      UpdateExpression: "SET #a0 = :a0",
      ExpressionAttributeValues: { ":a0": { N: "1" } },
    },
  };
}
