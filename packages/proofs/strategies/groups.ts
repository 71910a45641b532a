// Strategies of a consumer of a FIFO queue: what becomes of a group behind a failure. Three deposits of one account.

import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { creditWrite, openCalls, putWrite, wasRefused } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

const amounts = [1, 2, 3];

export const groupStrategies: readonly Strategy[] = [
  {
    name: "partial batch: going on after a FIFO failure",
    because: "later messages take effect first",
    holds: false,
    scenario: groupScenario("group, going on", { stops: false }),
  },
  {
    name: "partial batch: a FIFO group stops at its first failure",
    because: "the messages behind it are redelivered with it",
    holds: true,
    scenario: groupScenario("group, stopping", { stops: true }),
  },
];

/** The engine gives one message of a group at a time, where SQS gives as many as the batch holds: it is made here. */
function groupScenario(name: string, { stops }: { stops: boolean }): Scenario {
  const oneAtATime = "a FIFO group is with one invocation at a time: what SQS promises is not broken here";
  return {
    name,
    without: {
      "twice-before": oneAtATime,
      "twice-after": oneAtATime,
      "frozen-before": oneAtATime,
      "frozen-after": oneAtATime,
    },
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [{ name: "consumer", handler: () => consumer({ stops }), by: { kind: "request" } }],
    async begin(sandbox, unique) {
      const account = `a-${unique}`;
      const group: Group = {
        Records: amounts.map((amount) => ({
          messageId: `${account}/${amount}`,
          body: JSON.stringify({ account, amount }),
        })),
      };
      return {
        requests: {
          events: () => [group],
          onAnswer: (_, response) => isDone(group, response as SQSBatchResponse),
        },
        async violations() {
          const { history = [] } = (await sandbox.get("ACCOUNTS_TABLE", account)) ?? {};
          return String(history) === String(amounts)
            ? []
            : [`G4: the history is ${history}, and not ${amounts}`];
        },
      };
    },
  };
}

interface Group {
  Records: Pick<SQSRecord, "messageId" | "body">[];
}

/** Deletes the messages that succeeded; the others are redelivered in their order. */
function isDone(group: Group, { batchItemFailures }: SQSBatchResponse): boolean {
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  group.Records = group.Records.filter(({ messageId }) => failed.has(messageId));
  return group.Records.length === 0;
}

function consumer({ stops }: { stops: boolean }): Handler {
  const calls = openCalls();
  return async function handleBatch({ Records }: Group): Promise<SQSBatchResponse> {
    const failed: string[] = [];
    for (const { body, messageId } of [...Records]) {
      if (stops && failed.length > 0) failed.push(messageId);
      else await credit(body).catch(() => failed.push(messageId));
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };

  async function credit(body: string): Promise<void> {
    const { account, amount } = JSON.parse(body) as { account: string; amount: number };
    const evidence = putWrite("evidence", { id: `${account}/${amount}` }, { only: "new" });
    try {
      await calls.transact(evidence, creditWrite(account, amount));
    } catch (error) {
      if (!wasRefused(error, 0)) throw error;
    }
  }
}
