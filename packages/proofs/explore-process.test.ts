import { exploreProcess, type ProcessScenario } from "@essentially-once/testing/explore-process";
import { describe, expect, it } from "vitest";
import { Billed, Extended, Overdue, Paid, payBill, Withdrawn } from "./scenarios/handlers/process-table.ts";

const bills: ProcessScenario = {
  tables: { BILLS_TABLE: { stream: true } },
  messages: (bill) => [
    Billed.from({ bill, amount: 100 }),
    Paid.from({ bill, amount: 30 }),
    Extended.from({ bill }),
    Withdrawn.from({ bill }),
    Overdue.from({ bill }),
    Paid.from({ bill, amount: 100 }),
  ],
  ordersMax: 30,
};

describe("exploreProcess", () => {
  it.each(["process", "process-rows"])(
    "G14: %s does as its table says in every order of arrival, under every fault",
    async (name) => {
      const figures = await exploreProcess(payBill, `packages/proofs/scenarios/handlers/${name}.ts`, bills);
      expect(figures.orders).toBe(30);
      expect(figures.decisions).toContain("late on explored.extended.v1 → open");
    },
    120_000,
  );
});
