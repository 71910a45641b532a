// Every single fault at every call, for each mode and each function, and what the functions ask for on the way; and every
// order of concurrent workers for the small ones. What is deeper (pairs, triples, three workers) is for `npm run prove`.

import { describe } from "@essentially-once/testing/internal/explorer/account";
import { type ExploreOptions, explore } from "@essentially-once/testing/internal/explorer/explore";
import { type FaultKind, faultKinds } from "@essentially-once/testing/internal/explorer/fault";
import { interleave } from "@essentially-once/testing/internal/explorer/interleave";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { beforeAll, expect, it, describe as suite } from "vitest";
import { type Permissions, permissionsOfTheKit } from "./permissions.ts";
import { scenarios } from "./scenarios/all.ts";
import { atMostOnceScenario } from "./scenarios/at-most-once.ts";
import { effectScenario } from "./scenarios/effect.ts";
import { inlineScenario } from "./scenarios/inline.ts";
import { pullScenario } from "./scenarios/pull.ts";
import { rowsAloneScenario } from "./scenarios/rows.ts";

/** A sample of each scenario's single faults; the gate runs them all. */
const schedulesEach = 10;
const fired = new Map<FaultKind, number>();
let permissions: Permissions;

beforeAll(async () => {
  permissions = await permissionsOfTheKit();
});

async function keepsItsPromises(scenario: Scenario, options: ExploreOptions): Promise<void> {
  const { violations, faults } = await explore(scenario, options);
  for (const [kind, count] of Object.entries(faults)) {
    fired.set(kind as FaultKind, (fired.get(kind as FaultKind) ?? 0) + count);
  }
  expect(violations.map(describe)).toEqual([]);
}

suite("under any single fault", () => {
  it.each(scenarios())("G1: $name keeps its promises", async (scenario) => {
    const { denied, forget } = permissions.watch(scenario);
    await keepsItsPromises(scenario, { depth: 1, singlesMax: schedulesEach }).finally(forget);
    expect([...denied], "asked for, and not allowed to the function's role").toEqual([]);
  });

  const signed = scenarios().filter(({ tampering }) => tampering);

  it.each(signed)("G7: $name: what is altered on its way is parked and takes no effect", async (scenario) => {
    await keepsItsPromises(scenario, { depth: 1, kinds: ["tampered"] });
    expect(fired.get("tampered")).toBeGreaterThan(0);
  });

  it("every kind of fault has fired", () => {
    expect(faultKinds.filter((kind) => !fired.has(kind))).toEqual([]);
  });

  it("what is seldom asked for was asked for, of roles that allow it", () => {
    const seldom = [
      "sqs:ChangeMessageVisibility",
      "dynamodb:BatchGetItem",
      "dynamodb:DeleteItem",
      "dynamodb:Scan",
    ];
    expect(seldom.filter((action) => ![...permissions.asked].some((line) => line.endsWith(action)))).toEqual(
      [],
    );
  });
});

suite("in any order of their calls", () => {
  it.each([
    rowsAloneScenario({ workers: 2, messages: 1 }),
    inlineScenario({ workers: 2, messages: 1 }),
    atMostOnceScenario({ workers: 2, messages: 1 }),
    effectScenario({ workers: 2 }),
    pullScenario("with-state", { workers: 2 }),
  ])("G2: two workers at $name", async (scenario) => {
    const { orders, violations } = await interleave(scenario, { ordersMax: 20 });
    expect(violations.map(describe)).toEqual([]);
    expect(orders).toBeGreaterThan(1);
  });
});
