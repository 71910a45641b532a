// Rows under faults: two messages, of two accounts, so that they may share a transaction.
import type { Scenario } from "../explorer/scenario.ts";
import { depositsTo, evidenceAndEffect } from "./deposits.ts";

export const rowsScenario: Scenario = {
  name: "rows, group commit",
  stage: { tables: { ACCOUNTS_TABLE: {} } },
  functions: [
    { handler: "test/guarantees/scenarios/handlers/rows.ts", by: { kind: "queue", queue: "main" } },
  ],
  async begin(stage, unique) {
    const deposits = [
      { account: `a-${unique}`, amount: 100 },
      { account: `b-${unique}`, amount: 10 },
    ];
    await depositsTo(stage, "main", unique, deposits);
    return {
      violations: () =>
        evidenceAndEffect(stage, { queue: "main", consumer: "explored-rows", unique, deposits }),
    };
  },
};
