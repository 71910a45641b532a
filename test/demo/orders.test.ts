import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planAccounts } from "../../demo/customers.ts";
import { planOrders, totalOf } from "../../demo/orders.ts";

const counts = fc.integer({ min: 0, max: 600 });
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("the orders of a run", () => {
  test("are the same for the same seed, and others for another", () => {
    expect(planOrders({ count: 100, seed: 3 })).toEqual(planOrders({ count: 100, seed: 3 }));
    expect(planOrders({ count: 100, seed: 3 })).not.toEqual(planOrders({ count: 100, seed: 4 }));
  });

  test("are as many as asked for, each with a key of its own and a price", () => {
    fc.assert(
      fc.property(counts, seeds, (count, seed) => {
        const plans = planOrders({ count, seed });
        expect(plans).toHaveLength(count);
        expect(new Set(plans.map(({ key }) => key)).size).toBe(count);
        for (const { order } of plans) expect(totalOf(order)).toBeGreaterThan(0);
      }),
    );
  });

  test("hold every kind of poison, in small numbers, from ten orders on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 600 }), seeds, (count, seed) => {
        const poison = planOrders({ count, seed }).flatMap((plan) => plan.poison ?? []);
        expect(new Set(poison)).toEqual(new Set(["unknown customer", "Atlantis", "Bermuda"]));
        expect(poison.length).toBeLessThanOrEqual(Math.max(4, count / 10));
      }),
    );
  });

  test("hold some of more lines than a message carries, from ten orders on, none of them poison", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 600 }), seeds, (count, seed) => {
        const wholesale = planOrders({ count, seed }).filter(({ order }) => order.lines.length > 3);
        expect(wholesale.length).toBe(Math.max(2, Math.ceil(count * 0.02)));
        for (const { order, poison } of wholesale) {
          expect(poison).toBeUndefined();
          const bytes = JSON.stringify(order.lines).length;
          expect(bytes).toBeGreaterThan(32_768);
          expect(bytes).toBeLessThan(65_536); // in the table far below what an item holds
        }
      }),
      { numRuns: 20 },
    );
  });

  test("have some clients that ask twice", () => {
    const repeats = planOrders({ count: 500, seed: 1 }).filter((plan) => plan.repeats > 0);
    expect(repeats.length).toBeGreaterThan(20);
    expect(repeats.length).toBeLessThan(100);
  });
});

describe("the accounts of a run", () => {
  test("exist for every customer but the strangers, and let every other poison through to the carrier", () => {
    fc.assert(
      fc.property(counts, seeds, (count, seed) => {
        const plans = planOrders({ count, seed });
        const limits = new Map(planAccounts(plans, seed).map(({ customerId, limit }) => [customerId, limit]));
        for (const { order, poison } of plans) {
          expect(limits.has(order.customerId)).toBe(poison !== "unknown customer");
          if (poison !== "Atlantis" && poison !== "Bermuda") continue;
          const theirs = plans.filter((plan) => plan.order.customerId === order.customerId);
          const wanted = theirs.reduce((sum, plan) => sum + totalOf(plan.order), 0);
          expect(limits.get(order.customerId)).toBeGreaterThanOrEqual(wanted);
        }
      }),
    );
  });

  test("are too small for some", () => {
    const plans = planOrders({ count: 300, seed: 1 });
    const tight = planAccounts(plans, 1).filter(({ customerId, limit }) => {
      const theirs = plans.filter(({ order }) => order.customerId === customerId);
      return limit < theirs.reduce((sum, { order }) => sum + totalOf(order), 0);
    });
    expect(tight.length).toBeGreaterThan(0);
  });
});
