// A FIFO queue with a poison in the middle of a group, under faults: it is parked, its successor waits behind it in the
// dead-letter queue, another group goes on; and when the operator has put things right, a redrive brings both, in order.

import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { depositsTo } from "./deposits.ts";
import { operator } from "./redrive.ts";

const oneAtATime = "a FIFO group is with one invocation at a time: what SQS promises is not broken here (G4)";

export function fifoScenario({ redriven = false } = {}): Scenario {
  return {
    name: redriven ? "FIFO, parked and redriven" : "FIFO with a poison",
    without: {
      "twice-before": oneAtATime,
      "twice-after": oneAtATime,
      "frozen-before": oneAtATime,
      "frozen-after": oneAtATime,
    },
    sandbox: { tables: { ACCOUNTS_TABLE: {} }, queues: { main: { fifo: true } } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/fifo.ts", by: { kind: "queue", queue: "main" } },
      ...(redriven ? [operator] : []),
    ],
    async begin(sandbox, unique) {
      const [held, free] = [`a-${unique}`, `b-${unique}`];
      await depositsTo(sandbox, "main", unique, [
        { account: held, amount: 1 },
        { account: held, amount: 13 },
        { account: free, amount: 10 },
        { account: held, amount: 3 },
      ]);
      return {
        environment: { ACCOUNT: held, CONSUMER: "explored-fifo" },
        async violations() {
          const deadLetters = await sandbox.deadLetters("main");
          const parked = deadLetters.map(({ body, reason }) => `${amountIn(body)} ${reason}`);
          const history = await historyOf(sandbox, held);
          return [
            ...differs("G4: the history of the held group", history, redriven ? "1,13,3" : "1"),
            ...differs("G5: the history of the other group", await historyOf(sandbox, free), "10"),
            ...differs("G6: the dead letters", parked.join(), redriven ? "" : "13 UNLUCKY,3 HELD"),
          ];
        },
      };
    },
  };
}

async function historyOf(sandbox: Sandbox, account: string): Promise<string> {
  return String((await sandbox.get("ACCOUNTS_TABLE", account))?.history ?? "");
}

function amountIn(body: string): number {
  return (JSON.parse(body) as { data: { amount: number } }).data.amount;
}

function differs(what: string, found: string, wanted: string): string[] {
  return found === wanted ? [] : [`${what}: ${found || "none"}, and not ${wanted || "none"}`];
}
