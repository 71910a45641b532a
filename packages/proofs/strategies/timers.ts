// Strategies for a message at a later time: a timer in memory, and a table that is polled, without a condition and with one.
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import { takeAll } from "@essentially-once/testing/internal/explorer/sandbox-resources";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { type Calls, deleteWrite, openCalls, putWrite, wasRefused } from "./calls.ts";
import { once, orderScenario } from "./senders.ts";
import type { Strategy } from "./strategy.ts";

/** Sends a timer that is due. @returns false when it was not there any more */
type SendDue = (id: string, calls: Calls) => Promise<boolean>;
/** Removes a timer, in the transaction that says so. */
type Removal = (id: string) => TransactWriteItem;

export const timerStrategies: readonly Strategy[] = [
  {
    name: "`setTimeout` in a function",
    because: "a crash of the function loses its timers",
    holds: false,
    scenario: orderScenario("order, sent by a timer", sendByTimer, []),
  },
  {
    name: "timers in a table, polled and deleted without a condition",
    because: "the poller has read a timer that is then canceled, and sends it",
    holds: false,
    scenario: timerScenario("timers polled", sendThenDelete, (id) => deleteWrite("evidence", id)),
  },
  {
    name: "timers in a table, moved to the outbox by a conditional transaction",
    because: "of cancel and dispatch one commits, and the other learns it",
    holds: true,
    scenario: timerScenario("timers moved", moveToOutbox, deleteIfThere),
  },
];

const delayMs = 1_000;

async function sendByTimer({ id }: { readonly id: string }, calls: Calls): Promise<void> {
  if (!(await once(() => calls.transact(putWrite("accounts", { id }, { only: "new" }))))) return;
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await calls.send(process.env.SENT_QUEUE_URL ?? "", [id]);
}

async function sendThenDelete(id: string, calls: Calls): Promise<boolean> {
  const [isSent] = await calls.send(process.env.SENT_QUEUE_URL ?? "", [id]);
  if (isSent) await calls.transact(deleteWrite("evidence", id));
  return true;
}

async function moveToOutbox(id: string, calls: Calls): Promise<boolean> {
  return once(() => calls.transact(deleteIfThere(id), putWrite("outbox", { id, state: "pending" })));
}

function deleteIfThere(id: string): TransactWriteItem {
  const { Delete } = deleteWrite("evidence", id);
  if (Delete === undefined) throw new Error("not a delete");
  return { Delete: { ...Delete, ConditionExpression: "attribute_exists(id)" } };
}

function poller(sendDue: SendDue): Handler {
  const calls = openCalls();
  return async function poll(): Promise<{ done: number }> {
    const own = ({ id }: Record<string, unknown>) => id === process.env.TIMER_ID;
    let done = 0;
    for (const { id } of (await calls.items("evidence")).filter(own)) {
      if (await sendDue(String(id), calls)) done++;
    }
    for (const { id, state } of (await calls.items("outbox")).filter(own)) {
      if (state !== "pending") continue;
      const [isSent] = await calls.send(process.env.SENT_QUEUE_URL ?? "", [String(id)]);
      if (isSent) await calls.transact(putWrite("outbox", { id, state: "sent" }));
      done++;
    }
    return { done };
  };
}

/** Somebody cancels the timer when it is due, and notes it where it was there. */
function canceler(removal: Removal): Handler {
  const calls = openCalls();
  return async function cancel(): Promise<{ done: number }> {
    const id = process.env.TIMER_ID ?? "";
    if ((await calls.get("evidence", id)) === undefined) return { done: 0 };
    try {
      await calls.transact(removal(id), putWrite("accounts", { id }));
      return { done: 1 };
    } catch (error) {
      if (wasRefused(error, 0)) return { done: 0 };
      throw error;
    }
  };
}

/** Both at the same time, in one process: their calls take turns. */
function atOnce(poll: Handler, cancel: Handler): Handler {
  return async function both(event, context): Promise<{ done: number }> {
    const answers = (await Promise.all([poll(event, context), cancel(event, context)])) as { done: number }[];
    return { done: answers.reduce((sum, { done }) => sum + done, 0) };
  };
}

function timerScenario(name: string, sendDue: SendDue, removal: Removal): Scenario {
  const isQuiet = (response: unknown) => (response as { done: number }).done === 0;
  return {
    name,
    sandbox: {
      tables: { ACCOUNTS_TABLE: {} },
      queues: { sent: {} },
      environment: (sandbox) => ({ SENT_QUEUE_URL: sandbox.queue("sent").url }),
    },
    functions: [
      {
        name: "poll and cancel",
        handler: () => atOnce(poller(sendDue), canceler(removal)),
        by: { kind: "schedule", everySeconds: 60, isQuiet },
      },
    ],
    async begin(sandbox, unique) {
      const id = `t-${unique}`;
      await sandbox.put("EVIDENCE_TABLE", { id });
      return {
        environment: { TIMER_ID: id },
        async violations() {
          const isCanceled = (await sandbox.get("ACCOUNTS_TABLE", id)) !== undefined;
          const sent = (await takeAll(sandbox.plain, sandbox.queue("sent").url)).map(({ body }) => body);
          return [
            ...(isCanceled && sent.includes(id)
              ? ["G12: the timer is canceled, and its message is sent"]
              : []),
            ...(isCanceled || sent.includes(id) ? [] : ["G12: the timer is neither sent nor canceled"]),
          ];
        },
      };
    },
  };
}
