// Strategies of a consumer: how evidence and effect are brought together. Each processes one deposit.

import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { QueueSourceOptions } from "@essentially-once/testing/internal/explorer/queue-source";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type Calls, creditWrite, openCalls, putWrite, wasRefused } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Deposit {
  readonly id: string;
  readonly account: string;
  readonly amount: number;
}

type Process = (deposit: Deposit, calls: Calls, record: SQSRecord) => Promise<unknown>;

export const consumerStrategies: readonly Strategy[] = [
  {
    name: "check evidence, act, save evidence",
    because: "two concurrent duplicates both pass the check",
    holds: false,
    ...scenariosOf(checkActSave, "deposit checked first"),
  },
  {
    name: "evidence first, then the effect",
    because: "a crash or a lost response between them loses the effect",
    holds: false,
    ...scenariosOf(evidenceFirst, "deposit after its evidence"),
  },
  {
    name: "effect first, then evidence",
    because: "a crash between them doubles the effect",
    holds: false,
    ...scenariosOf(effectFirst, "deposit before its evidence"),
    concurrently: undefined,
  },
  {
    name: "cancelled transaction treated as a failure",
    because: "healthy duplicates end in the dead-letter queue",
    holds: false,
    ...scenariosOf(cancelledIsFailed, "deposit, cancelled is failed"),
    concurrently: undefined,
  },
  {
    name: "identity = SQS messageId",
    because: "a redrive takes effect again",
    holds: false,
    scenario: depositScenario(byMessageId, { name: "deposit by messageId", maxReceiveCount: 1 }),
  },
  {
    name: "evidence in the effect's transaction, read when it is cancelled",
    because: "nothing can happen between them, and a duplicate is recognized",
    holds: true,
    // more receives than a minute of conflicts uses up: it cannot tell a wait from an attempt
    ...scenariosOf(together, "deposit with its evidence", { maxReceiveCount: 10 }),
  },
  {
    name: "the same, redriven",
    because: "the identity is the envelope's",
    holds: true,
    scenario: depositScenario(together, { name: "deposit, redriven", maxReceiveCount: 1 }),
  },
].map(({ concurrently, ...strategy }) => ({ ...strategy, ...(concurrently && { concurrently }) }));

async function checkActSave({ id, account, amount }: Deposit, calls: Calls): Promise<void> {
  if (await calls.get("evidence", id)) return;
  await calls.transact(creditWrite(account, amount));
  await calls.put("evidence", { id });
}

async function evidenceFirst({ id, account, amount }: Deposit, calls: Calls): Promise<void> {
  if (await calls.putNew("evidence", { id })) await calls.transact(creditWrite(account, amount));
}

/** It looks for evidence only when the message is redelivered. */
async function effectFirst({ id, account, amount }: Deposit, calls: Calls, record: SQSRecord): Promise<void> {
  const comesAgain = record.attributes.ApproximateReceiveCount !== "1";
  if (comesAgain && (await calls.get("evidence", id))) return;
  await calls.transact(creditWrite(account, amount));
  await calls.put("evidence", { id });
}

async function cancelledIsFailed({ id, account, amount }: Deposit, calls: Calls): Promise<void> {
  await calls.transact(putWrite("evidence", { id }, { only: "new" }), creditWrite(account, amount));
}

async function together(deposit: Deposit, calls: Calls): Promise<void> {
  try {
    await cancelledIsFailed(deposit, calls);
  } catch (error) {
    if (!wasRefused(error, 0)) throw error;
  }
}

async function byMessageId(deposit: Deposit, calls: Calls, { messageId }: SQSRecord): Promise<void> {
  await together({ ...deposit, id: messageId }, calls);
}

function scenariosOf(
  process: Process,
  name: string,
  options: { maxReceiveCount?: number } = {},
): Pick<Strategy, "scenario"> & { concurrently?: Scenario | undefined } {
  return {
    scenario: depositScenario(process, { name, ...options }),
    concurrently: depositScenario(process, { name: `${name}, twice at once`, workers: 2, ...options }),
  };
}

function depositScenario(
  process: Process,
  {
    name,
    maxReceiveCount = 3,
    ...source
  }: { name: string; maxReceiveCount?: number } & Pick<QueueSourceOptions, "workers">,
): Scenario {
  return {
    name,
    sandbox: { tables: { ACCOUNTS_TABLE: {} }, queues: { main: { maxReceiveCount } } },
    functions: [
      { name: "consumer", handler: () => batches(process), by: { kind: "queue", queue: "main", ...source } },
    ],
    async begin(sandbox, unique) {
      const deposit: Deposit = { id: `m-${unique}`, account: `a-${unique}`, amount: 100 };
      await sandbox.send("main", { body: JSON.stringify(deposit) });
      let redrives = 0;
      return {
        /** An operator, once: what a crash brought to the dead letters is sent back. */
        async whenQuiet() {
          if (maxReceiveCount > 1 || redrives > 0) return false;
          const deadLetters = await sandbox.deadLetters("main");
          redrives += deadLetters.length;
          if (deadLetters.length > 0)
            await sandbox.send("main", ...deadLetters.map(({ body }) => ({ body })));
          return deadLetters.length > 0;
        },
        async violations() {
          const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", deposit.account)) ?? {};
          const deadLetters = await sandbox.deadLetters("main");
          const lost = sum === 0 && deadLetters.length === 0;
          return [
            ...(Number(sum) > 100 ? [`G2: the account holds ${sum} and not 100`] : []),
            ...(lost ? ["G2: the deposit is acknowledged, and the account holds 0"] : []),
            ...(sum === 100 && deadLetters.length > 0 && maxReceiveCount > 1
              ? ["G6: the deposit is done, but its message is dead-lettered"]
              : []),
          ];
        },
      };
    },
  };
}

function batches(process: Process): Handler {
  const calls = openCalls();
  return async function handleBatch({ Records }: SQSEvent): Promise<SQSBatchResponse> {
    const failed: SQSRecord[] = [];
    for (const record of Records) {
      await process(JSON.parse(record.body) as Deposit, calls, record).catch(() => failed.push(record));
    }
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}
