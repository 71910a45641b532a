import { anEnvelope } from "@essentially-once/testing/an-envelope";
import fc from "fast-check";
import { expect, it } from "vitest";
import { sequenceText } from "../src/envelope/sequence.ts";
import { inSequence } from "../src/envelope/sequence-order.ts";

interface Item {
  readonly group: string;
  readonly source: string;
  /** 0 for none. */
  readonly sequence: number;
}

const items = fc.array(
  fc.record({ group: fc.constantFrom("a", "b"), source: fc.constantFrom("x", "y"), sequence: fc.nat(5) }),
);

it("G4: the numbered of a group and source run by their numbers, everything else keeps its place", () => {
  fc.assert(
    fc.property(items, (given) => {
      const ordered = inSequence(given, placeOf);
      expect([...ordered].sort(byText)).toEqual([...given].sort(byText));
      for (const [index, item] of given.entries()) {
        if (item.sequence === 0) expect(ordered[index]).toBe(item);
        expect(orderingKeyOf(ordered[index] as Item)).toBe(orderingKeyOf(item));
      }
      for (const line of Map.groupBy(ordered, orderingKeyOf).values()) {
        const numbers = line.map(({ sequence }) => sequence).filter((sequence) => sequence > 0);
        expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      }
    }),
  );
});

it("leaves what is no message where it is", () => {
  const given = [{ n: 1 }, { n: 2 }];
  expect(inSequence(given, () => undefined)).toEqual(given);
});

function placeOf({ group, source, sequence }: Item) {
  return {
    group,
    message: anEnvelope({ source, ...(sequence > 0 && { sequence: sequenceText(sequence) }) }),
  };
}

function orderingKeyOf({ group, source, sequence }: Item): string {
  return sequence === 0 ? "unnumbered" : `${group} ${source}`;
}

function byText(one: Item, other: Item): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
