import type { FaultKind } from "@essentially-once/testing/internal/explorer/fault";
import { beforeAll, describe, expect, it } from "vitest";
import { strategies } from "./catalog.ts";
import { proveStrategies, type StrategyFigures } from "./search.ts";
import { failingRows, readDocument, writtenPart } from "./strategies-table.ts";

/** What breaks every strategy that breaks at all; the gate takes all kinds, and pairs. */
const kinds: readonly FaultKind[] = [
  "killed-before",
  "killed-after",
  "unreachable",
  "frozen-after",
  "partial",
];

let figures: StrategyFigures;

beforeAll(async () => {
  figures = await proveStrategies({ pairsMax: 0, kinds });
});

describe("the search for faults", () => {
  it.each(strategies.filter(({ holds }) => !holds))("breaks: $name", ({ name }) => {
    expect(searchedFor(name)?.counterexample?.violations).toHaveLength(1);
  });

  it.each(strategies.filter(({ holds }) => holds))("does not break: $name", ({ name }) => {
    expect(searchedFor(name)?.counterexample).toBeUndefined();
  });

  it("found what docs/guarantees.md says", () => {
    const { part } = writtenPart(readDocument());
    const rows = failingRows(figures.searched);
    const message = "run node packages/proofs/strategies/strategies-table.ts";
    expect(
      part.split("\n").filter((line) => rows.includes(line)),
      message,
    ).toEqual(rows);
  });
});

function searchedFor(name: string) {
  return figures.searched.find(({ strategy }) => strategy.name === name);
}
