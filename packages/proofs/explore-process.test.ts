import { describe, expect, it } from "vitest";
import { billForms, exploreBills } from "./scenarios/bills.ts";

/** Orders of arrival; `npm run prove` tries more. */
const ordersMax = 12;

describe("exploreProcess", () => {
  it.each(billForms)(
    "G14: %s does as its table says in every order of arrival, under every fault",
    async (form) => {
      const figures = await exploreBills(form, { ordersMax });
      expect(figures.orders).toBe(ordersMax);
      expect(figures.decisions).toContain("late on explored.extended.v1 → open");
    },
    300_000,
  );
});
