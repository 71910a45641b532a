// What is said of growth: flat is flat, growth is named, and the picture shows both.
import { expect, it } from "vitest";
import { chart } from "../src/growth/chart.ts";
import type { Point } from "../src/growth/point.ts";
import { growthReport } from "../src/growth/report.ts";
import { type Series, verdicts } from "../src/growth/verdict.ts";

const flat: Point = {
  ...{ size: 1_000, requests: 0.1, writeUnits: 6, readUnits: 0 },
  ...{ cpuMicroseconds: 200, milliseconds: 1, heapMegabytes: 40 },
};

it("a cost that stays is flat, and one that is not there is not judged", () => {
  const judged = verdicts(series([flat, { ...flat, size: 100_000 }]));
  expect(judged.every(({ flat: isFlat }) => isFlat)).toBe(true);
  expect(judged.map(({ measure }) => measure)).not.toContain("read units");
});

it("a cost that grows is named, with by how much", () => {
  const judged = verdicts(series([flat, { ...flat, size: 100_000, requests: 0.2, heapMegabytes: 400 }]));
  const grown = judged.filter(({ flat: isFlat }) => !isFlat);
  expect(grown.map(({ measure, growth, exact }) => [measure, growth, exact])).toEqual([
    ["requests", 2, true],
    ["memory", 10, false],
  ]);
});

it("a read that comes with size is growth, from nothing too", () => {
  const judged = verdicts(series([flat, { ...flat, size: 100_000, readUnits: 1 }]));
  expect(judged.find(({ measure }) => measure === "read units")?.flat).toBe(false);
});

it("what may grow is held to its bound instead", () => {
  const grown = { ...series([flat, { ...flat, size: 100_000, readUnits: 1 }]) };
  const readUnits = (bound: number) =>
    verdicts({ ...grown, bounds: { readUnits: bound } }).find(({ measure }) => measure === "read units")
      ?.flat;
  expect([readUnits(1), readUnits(0.9)]).toEqual([true, false]);
});

it("the report has a line for each size and a verdict for each cost", () => {
  const text = growthReport([series([flat, { ...flat, size: 100_000, requests: 0.2 }])]);
  expect(text).toContain("100,000");
  expect(text).toMatch(/✗\s+history\s+requests\s+× 2\.00/);
});

it("the picture is an SVG with a line for each cost, dashed where only the emulator says so", () => {
  const svg = chart([series([flat, { ...flat, size: 100_000 }]), series([flat, flat])]);
  expect(svg.match(/<polyline/g)).toHaveLength(2 * 5);
  expect(svg.match(/<polyline[^>]*stroke-dasharray/g)).toHaveLength(2 * 3);
  expect(svg).toContain("emulator only");
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

function series(points: readonly Point[]): Series {
  return { name: "history", of: "messages before", points };
}
