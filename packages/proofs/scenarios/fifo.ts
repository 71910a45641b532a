// A FIFO queue with a poison in the middle of a group, under faults: it is parked, its successor waits behind it in the
// dead-letter queue, another group goes on; and when the operator has put things right, a redrive brings both, in order.
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { Stage } from "@essentially-once/testing/internal/explorer/stage";
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
    stage: { tables: { ACCOUNTS_TABLE: {} }, queues: { main: { fifo: true } } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/fifo.ts", by: { kind: "queue", queue: "main" } },
      ...(redriven ? [operator] : []),
    ],
    async begin(stage, unique) {
      const [held, free] = [`a-${unique}`, `b-${unique}`];
      await depositsTo(stage, "main", unique, [
        { account: held, amount: 1 },
        { account: held, amount: 13 },
        { account: free, amount: 10 },
        { account: held, amount: 3 },
      ]);
      return {
        environment: { ACCOUNT: held, CONSUMER: "explored-fifo" },
        async violations() {
          const letters = await stage.deadLetters("main");
          const parked = letters.map(({ body, reason }) => `${amountIn(body)} ${reason}`);
          const history = await historyOf(stage, held);
          return [
            ...differs("G4: the history of the held group", history, redriven ? "1,13,3" : "1"),
            ...differs("G5: the history of the other group", await historyOf(stage, free), "10"),
            ...differs("G6: the dead letters", parked.join(), redriven ? "" : "13 UNLUCKY,3 HELD"),
          ];
        },
      };
    },
  };
}

async function historyOf(stage: Stage, account: string): Promise<string> {
  return String((await stage.get("ACCOUNTS_TABLE", account))?.history ?? "");
}

function amountIn(body: string): number {
  return (JSON.parse(body) as { data: { amount: number } }).data.amount;
}

function differs(what: string, found: string, wanted: string): string[] {
  return found === wanted ? [] : [`${what}: ${found || "none"}, and not ${wanted || "none"}`];
}
