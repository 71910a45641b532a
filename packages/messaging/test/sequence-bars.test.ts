import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import type { Delivery } from "../src/commit/delivery.ts";
import { barNumber, bySequence, findNumber } from "../src/commit/sequence-evidence.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";
import { sequenceText } from "../src/envelope/sequence.ts";

it("G2: a bar in an item without evidence is all that is written, with as much of the digest as is compared", () => {
  expect(barNumber(undefined, deliveryOf(5), "taken")).toMatch(/^![^ .]{16}\.5\.[^ .]{22}$/);
  expect(barNumber(undefined, deliveryOf(5), "void")).toMatch(/^\*[^ .]{16}\.5\.[^ .]{22}$/);
  const others = done(1, { source: "/others" });
  expect(barNumber(others, deliveryOf(36), "void")).toMatch(/^[^ ]{41} \*[^ .]{16}\.10\.[^ .]{22}$/);
  expect(others).toMatch(/^[^ .]{22}\.1\.[^ .]{16}$/);
});

it("G2: where keys are not in order, a copy whose keys are is barred, too, and known by what both say", () => {
  const [unordered, ordered] = [
    { b: 1, a: 2 },
    { a: 2, b: 1 },
  ].map((data) => deliveryOf(2, { data }));
  if (!unordered || !ordered) throw new Error("there are two");
  const barred = barNumber(done(1), unordered, "taken");
  expect(barred).toMatch(/^[^ ]{41}( ![^ .]{16}\.2\.[^ .]{22}){2}$/);
  expect([unordered, ordered].map((one) => findNumber(barred, one))).toEqual(["barred", "barred"]);
  const evidence = bySequence.add(undefined, unordered);
  expect(evidence).toMatch(/^[^ .]{22}\.2\.[^ .]{16}\.[^ .]{11}$/);
  expect([unordered, ordered].map((one) => findNumber(evidence, one))).toEqual(["same", "same"]);
});

it("G2: a taken number is had by the message that stands in its place, and by no other", () => {
  const barred = barNumber(done(1), deliveryOf(2), "taken");
  const other = deliveryOf(2, { id: "in its place" });
  expect(findNumber(barred, deliveryOf(2))).toBe("barred");
  expect(findNumber(barred, other)).toBeUndefined();
  expect(findNumber(barred, deliveryOf(2, { source: "/others" }))).toBeUndefined();
  expect(findNumber(barred, deliveryOf(3, { id: "message 2" }))).toBeUndefined();
  const taken = bySequence.add(barred, other);
  expect([deliveryOf(2), other].map((one) => findNumber(taken, one))).toEqual(["barred", "same"]);
  const beyond = bySequence.add(taken, deliveryOf(3));
  expect(beyond).not.toContain("!"); // the number says all
  expect(findNumber(beyond, deliveryOf(2))).toBe("same");
  expect(bySequence.judge(beyond, deliveryOf(2))).toEqual({ kind: "duplicate" });
  const theirs = deliveryOf(1, { source: "/others" });
  const barredToo = bySequence.add(barNumber(beyond, theirs, "taken"), deliveryOf(4));
  expect(findNumber(barredToo, theirs)).toBe("barred");
});

it("G4: a void number is passed over when its turn comes, of its own source alone", () => {
  const ahead = barNumber(barNumber(done(1), deliveryOf(3), "void"), deliveryOf(4), "void");
  expect(() => bySequence.judge(ahead, deliveryOf(5))).toThrow("SEQUENCE_AHEAD");
  expect(() => bySequence.judge(ahead, deliveryOf(3))).not.toThrow(); // a duplicate at once
  const passed = bySequence.add(ahead, deliveryOf(2));
  expect(bySequence.judge(passed, deliveryOf(5))).toBeUndefined();
  expect([2, 3, 4].map((number) => findNumber(passed, deliveryOf(number)))).toEqual([
    "same",
    "same",
    "barred",
  ]);
  expect(passed).toMatch(/^[^ .]{22}\.4\.[^ .]{16} \*[^ .]{16}\.4\.[^ .]{22}$/);
  expect(bySequence.judge(barNumber(done(1), deliveryOf(2), "void"), deliveryOf(3))).toBeUndefined();
  expect(bySequence.judge(barNumber(undefined, deliveryOf(1), "void"), deliveryOf(2))).toBeUndefined();
  for (const ahead of [
    barNumber(done(1), deliveryOf(3, { source: "/others" }), "void"),
    barNumber(done(1), deliveryOf(3), "taken"),
  ]) {
    const evidence = bySequence.add(ahead, deliveryOf(2));
    expect(() => bySequence.judge(evidence, deliveryOf(4))).toThrow("SEQUENCE_AHEAD");
  }
  for (const bars of [
    barNumber(done(1), deliveryOf(2, { source: "/others" }), "void"),
    barNumber(done(1), deliveryOf(2), "taken"),
  ]) {
    expect(() => bySequence.judge(bars, deliveryOf(3))).toThrow("SEQUENCE_AHEAD");
  }
});

it("G6: what is no number says so when it is added, and not before", () => {
  const { sequence: _, ...message } = anEnvelope();
  const unnumbered = { ...deliveryOf(1), message };
  expect(bySequence.judge(undefined, unnumbered)).toBeUndefined();
  expect(() => bySequence.add(undefined, unnumbered)).toThrow(
    "SEQUENCE_MISSING: /tests does not number its messages",
  );
  expect(() => bySequence.judge(done(1), deliveryOf(1, { id: "another" }))).toThrow(
    "SEQUENCE_REUSED: /tests gave sequence 1 to two messages",
  );
});

/** The evidence of a message that took effect. */
function done(sequence: number, more: Parameters<typeof anEnvelope>[0] = {}): string {
  return bySequence.add(undefined, deliveryOf(sequence, more));
}

/** The same for the same number. */
function deliveryOf(sequence: number, more: Parameters<typeof anEnvelope>[0] = {}): Delivery {
  const message = anEnvelope({ id: `message ${sequence}`, sequence: sequenceText(sequence), ...more });
  const unit = unitOfWork({ contract: { name: "tests", publishes: [] }, cause: message });
  return { consumer: "tests", message, unit, deadlineMs: 0 };
}
