// At most once under faults: an amount counts zero times or once, and a loss is logged.
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo, nothingParked } from "./deposits.ts";

export function atMostOnceScenario({ workers = 1, messages = 2 } = {}): Scenario {
  return {
    name: "at most once",
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      {
        handler: "packages/proofs/scenarios/handlers/at-most-once.ts",
        by: { kind: "queue", queue: "main", workers },
      },
    ],
    async begin(sandbox, unique) {
      const deposits = [
        { account: `a-${unique}`, amount: 100 },
        { account: `b-${unique}`, amount: 10 },
      ].slice(0, messages);
      await depositsTo(sandbox, "main", unique, deposits);
      return {
        async violations({ logs }) {
          const found: string[] = [];
          for (const [index, { account, amount }] of deposits.entries()) {
            const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", account)) ?? {};
            const messageId = `${unique}-${index + 1}`;
            const losses = logs.filter((line) => line.code === "LOST" && line.messageId === messageId).length;
            if (sum !== 0 && sum !== amount)
              found.push(`G9: ${account} counts ${sum} and not 0 or ${amount}`);
            if (sum === 0 && losses === 0) found.push(`G9: the loss of ${messageId} is not counted`);
          }
          return [...found, ...(await nothingParked(sandbox, "main"))];
        },
      };
    },
  };
}
