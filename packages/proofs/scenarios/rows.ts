// Rows under faults: with group commit, two accounts whose units share a transaction; without, one account that two
// messages of a batch contend for.
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo, evidenceAndEffect } from "./deposits.ts";

export function rowsScenario({ workers = 1 } = {}): Scenario {
  return {
    name: "rows, group commit",
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/rows.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const deposits = [
        { account: `a-${unique}`, amount: 100 },
        { account: `b-${unique}`, amount: 10 },
      ];
      await depositsTo(sandbox, "main", unique, deposits);
      const depositRun = { queue: "main", consumer: "explored-rows", unique, deposits };
      return { violations: () => evidenceAndEffect(sandbox, depositRun) };
    },
  };
}

export function rowsAloneScenario({ workers = 1, messages = 2 } = {}): Scenario {
  return {
    name: "rows, each alone",
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/rows-alone.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const deposits = [
        { account: `a-${unique}`, amount: 100 },
        { account: `a-${unique}`, amount: 10 },
      ].slice(0, messages);
      await depositsTo(sandbox, "main", unique, deposits);
      const depositRun = { queue: "main", consumer: "explored-rows", unique, deposits };
      return { violations: () => evidenceAndEffect(sandbox, depositRun) };
    },
  };
}
