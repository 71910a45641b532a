// Strategies of a process: how its status and what a transition does come together. An order that waits for its answer is
// canceled by a time-out, and the credit that was reserved for it goes back.
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type Calls, creditWrite, openCalls, putWrite, wasRefused } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Answer {
  readonly order: string;
  readonly account: string;
  /** What the order becomes: `approved` by an answer, `canceled` by the time-out. */
  readonly status: "approved" | "canceled";
}

type Step = (answer: Answer, calls: Calls) => Promise<void>;

const reserved = 100;

export const processStrategies: readonly Strategy[] = [
  {
    name: "process with two writes: its status, then what the transition does",
    because: "a crash between them leaves a canceled order whose credit never comes back",
    holds: false,
    scenario: orderScenario("status, then the credit", statusThenCredit),
  },
  {
    name: "process that reads its status, acts, and saves it without a condition",
    because: "an answer and a time-out that meet both win",
    holds: false,
    scenario: orderScenario("status without a condition", withoutCondition),
    concurrently: orderScenario("status without a condition, both at once", withoutCondition, 2),
  },
  {
    name: "process with one write: status and transition, on the status that was read",
    because: "a transition happened whole or not at all, and the second to come finds another status",
    holds: true,
    scenario: orderScenario("status with the credit", together),
    concurrently: orderScenario("status with the credit, both at once", together, 2),
  },
];

async function statusThenCredit({ order, account, status }: Answer, calls: Calls): Promise<void> {
  if ((await calls.get("evidence", order)) !== undefined) return;
  if (!(await calls.putNew("evidence", { id: order, status }))) return;
  if (status === "canceled") await calls.transact(creditWrite(account, reserved));
}

async function withoutCondition({ order, account, status }: Answer, calls: Calls): Promise<void> {
  if ((await calls.get("evidence", order)) !== undefined) return;
  const saved = putWrite("evidence", { id: order, status });
  await calls.transact(saved, ...(status === "canceled" ? [creditWrite(account, reserved)] : []));
}

async function together({ order, account, status }: Answer, calls: Calls): Promise<void> {
  if ((await calls.get("evidence", order)) !== undefined) return;
  const saved = putWrite("evidence", { id: order, status }, { only: "new" });
  try {
    await calls.transact(saved, ...(status === "canceled" ? [creditWrite(account, reserved)] : []));
  } catch (error) {
    if (!wasRefused(error, 0)) throw error;
  }
}

/** The evidence table holds the orders that are decided. */
function orderScenario(name: string, step: Step, environments = 1): Scenario {
  return {
    name,
    sandbox: { tables: { ACCOUNTS_TABLE: {} }, queues: { main: { maxReceiveCount: 10 } } },
    functions: [
      {
        name: "process",
        handler: () => batches(step),
        by: { kind: "queue", queue: "main", batchSize: 1, environments },
      },
    ],
    async begin(sandbox, unique) {
      const [order, account] = [`o-${unique}`, `a-${unique}`];
      const answers = (["canceled", "approved"] as const).map((status) => ({ order, account, status }));
      await sandbox.send("main", ...answers.map((answer) => ({ body: JSON.stringify(answer) })));
      return {
        async violations() {
          const { status } = (await sandbox.get("EVIDENCE_TABLE", order)) ?? {};
          const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", account)) ?? {};
          const wanted = status === "canceled" ? reserved : 0;
          return sum === wanted ? [] : [`G14: the order is ${status}, and ${sum} came back of ${reserved}`];
        },
      };
    },
  };
}

function batches(step: Step): Handler {
  const calls = openCalls();
  return async function handleBatch({ Records }: SQSEvent): Promise<SQSBatchResponse> {
    const failed: SQSRecord[] = [];
    for (const record of Records) {
      await step(JSON.parse(record.body) as Answer, calls).catch(() => failed.push(record));
    }
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
