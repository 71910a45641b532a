import fc from "fast-check";
import { expect, it } from "vitest";
import { readSequence, sequenceText } from "../src/envelope/sequence.ts";

const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

it("reads back what it wrote, in texts that sort as the numbers do", () => {
  fc.assert(
    fc.property(sequences, sequences, (one, other) => {
      expect(readSequence(sequenceText(one))).toBe(one);
      expect(sequenceText(one) < sequenceText(other)).toBe(one < other);
    }),
  );
});

it("reads the number of a producer who adds no zeros", () => {
  expect(readSequence("12")).toBe(12);
});
