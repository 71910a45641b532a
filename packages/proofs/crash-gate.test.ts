// The deep search in small: its units cover every scenario, and its workers find what there is to find.
import { expect, it } from "vitest";
import { type GateBounds, gateUnits, runGate, type Unit } from "./crash-gate.ts";
import { concurrentScenarios, coreScenarios, scenarios } from "./scenarios/all.ts";

it("has a unit for each scenario, and shares of each core scenario that make a whole", () => {
  const units = gateUnits();
  const places = (kind: Unit["kind"]) =>
    new Set(units.filter((unit) => unit.kind === kind).map((unit) => unit.scenario));
  expect(places("faults").size).toBe(scenarios().length);
  expect(places("orders").size).toBe(concurrentScenarios().length);
  expect(places("pairs").size).toBe(coreScenarios().length);
  const orders = (bounds: GateBounds) => gateUnits(bounds).filter(({ kind }) => kind === "orders");
  expect(orders({ triplesMax: 1 }).length).toBeGreaterThan(orders({}).length);
  for (const { share } of units) {
    const siblings = units.filter((unit) => unit.kind === "pairs" && unit.scenario === 0);
    if (share.of > 1) expect(siblings.map((unit) => unit.share.index)).toEqual([0, 1, 2, 3]);
  }
});

it("runs units in processes of their own and adds up what they found", async () => {
  const share = { index: 0, of: 4 };
  const units: Unit[] = [
    { kind: "pairs", scenario: 0, bounds: { pairsMax: 8 }, share },
    { kind: "orders", scenario: 1, bounds: { ordersMax: 3 }, share: { index: 0, of: 1 } },
  ];
  const done: string[] = [];
  const { schedules, faults, violations } = await runGate({ units }, ({ scenario }) => done.push(scenario));
  expect(done.sort()).toEqual(["rows, each alone", "rows, group commit"]);
  expect(schedules).toBeGreaterThan(10);
  expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(8);
  expect(violations).toEqual([]);
});
