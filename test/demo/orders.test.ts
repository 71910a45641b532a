import fc from "fast-check";
import { expect, test } from "vitest";
import { planAccounts, planOrders, totalOf, wholesaleLinesMin } from "../../demo/orders.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("the same seed plans the same orders, each with a key of its own, and another seed others", () => {
  expect(planOrders({ count: 100, seed: 3 })).toEqual(planOrders({ count: 100, seed: 3 }));
  expect(planOrders({ count: 100, seed: 3 })).not.toEqual(planOrders({ count: 100, seed: 4 }));
  expect(new Set(planOrders({ count: 100, seed: 3 }).map(({ key }) => key)).size).toBe(100);
});

test("from ten orders on there is every kind of poison, in small numbers, and wholesale that is none", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 300 }), seeds, (count, seed) => {
      const plans = planOrders({ count, seed });
      expect(plans).toHaveLength(count);
      const poison = plans.flatMap((plan) => plan.poison ?? []);
      expect(new Set(poison)).toEqual(new Set(["unknown customer", "Atlantis", "Bermuda"]));
      expect(poison.length).toBeLessThanOrEqual(Math.max(4, count / 10));
      const wholesale = plans.filter(({ body }) => body.lines.length >= wholesaleLinesMin);
      expect(wholesale.length).toBe(Math.max(2, Math.ceil(count * 0.02)));
      expect(wholesale.flatMap((plan) => plan.poison ?? [])).toEqual([]);
      for (const { body } of wholesale) {
        const bytes = JSON.stringify(body.lines).length;
        expect(bytes).toBeGreaterThan(32_768); // travels by claim check
        expect(bytes).toBeLessThan(65_536);
      }
    }),
    { numRuns: 20 },
  );
});

test("every customer except the unknown ones has an account; some limits are too small, but none where the carrier refuses an order", () => {
  const plans = planOrders({ count: 300, seed: 1 });
  const limits = new Map(planAccounts(plans, 1).map(({ id, limit }) => [id, limit]));
  const byCustomer = Map.groupBy(plans, ({ body }) => body.customerId);
  let tight = 0;
  for (const [customerId, theirs] of byCustomer) {
    const wanted = theirs.reduce((sum, plan) => sum + totalOf(plan), 0);
    const poisons = theirs.flatMap(({ poison }) => poison ?? []);
    const limit = limits.get(customerId);
    expect(limit !== undefined).toBe(!poisons.includes("unknown customer"));
    if (limit !== undefined && limit < wanted) {
      expect(poisons).toEqual([]);
      tight += 1;
    }
  }
  expect(tight).toBeGreaterThan(0);
});
