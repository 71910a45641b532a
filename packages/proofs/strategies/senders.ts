// Strategies of a sender: how an order and the message about it come into the world. A caller asks until he is
// answered, and a relay sends what the list of pending messages holds.
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import { takeAll } from "@essentially-once/testing/internal/explorer/sandbox-resources";
import type { Scenario, ScenarioFunction } from "@essentially-once/testing/internal/explorer/scenario";
import { type Calls, openCalls, putWrite, wasRefused } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Order {
  readonly id: string;
}

type Place = (order: Order, calls: Calls) => Promise<unknown>;

/** How often a sender tries again from memory. */
const attemptsMax = 3;

const relay: ScenarioFunction = {
  name: "relay",
  handler: relayPending,
  by: { kind: "schedule", everySeconds: 60, isQuiet: nothingSent },
};

const housekeeper: ScenarioFunction = {
  name: "housekeeping",
  handler: keepHouse,
  by: { kind: "schedule", everySeconds: 3_600, isQuiet: nothingSent },
};

export const senderStrategies: readonly Strategy[] = [
  {
    name: "retry loop in the sender's memory",
    because: "a crash of the sender loses its pending messages",
    holds: false,
    scenario: orderScenario("order, sent from memory", sendFromMemory, []),
  },
  {
    name: "journal and pending list in two transactions",
    because: "a crash between the two commits loses the message",
    holds: false,
    scenario: orderScenario("order and pending apart", twoTransactions, [relay]),
  },
  {
    name: "two overlapped transactions, committed one after the other",
    because: "the window for a crash is smaller, but not closed",
    holds: false,
    scenario: orderScenario("order and pending overlapped", overlapped, [relay]),
  },
  {
    name: "two transactions + housekeeping that compares journal and list",
    because: "safe, but late, and each run reads everything",
    holds: true,
    scenario: orderScenario("order, pending and housekeeping", twoTransactions, [relay, housekeeper]),
  },
  {
    name: "order and outbox row in one transaction",
    because: "nothing can happen between them",
    holds: true,
    scenario: orderScenario("order with its outbox row", oneTransaction, [relay]),
  },
];

async function sendFromMemory({ id }: Order, calls: Calls): Promise<void> {
  if (!(await once(() => calls.transact(putWrite("accounts", { id }, { only: "new" }))))) return;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const [isSent] = await calls.send(process.env.SENT_QUEUE_URL ?? "", [id]).catch(() => []);
    if (isSent) return;
  }
}

async function twoTransactions({ id }: Order, calls: Calls): Promise<void> {
  if (await once(() => calls.transact(putWrite("accounts", { id }, { only: "new" })))) {
    await calls.transact(putWrite("outbox", { id, state: "pending" }));
  }
}

/** Both are written out before either counts: what is left to do between the two commits is one small write. */
async function overlapped({ id }: Order, calls: Calls): Promise<void> {
  await once(() => calls.transact(putWrite("outbox", { id, state: "prepared" }, { only: "new" })));
  if (await once(() => calls.transact(putWrite("accounts", { id }, { only: "new" })))) {
    await calls.transact(putWrite("outbox", { id, state: "pending" }));
  }
}

async function oneTransaction({ id }: Order, calls: Calls): Promise<void> {
  const writes: TransactWriteItem[] = [
    putWrite("accounts", { id }, { only: "new" }),
    putWrite("outbox", { id, state: "pending" }),
  ];
  await once(() => calls.transact(...writes));
}

/** @returns false when the order was there already: the caller asks again because he heard nothing */
export async function once(place: () => Promise<void>): Promise<boolean> {
  try {
    await place();
    return true;
  } catch (error) {
    if (wasRefused(error, 0)) return false;
    throw error;
  }
}

/** Sends what is pending, and marks it instead of deleting it: housekeeping has to know what was sent. */
function relayPending(): Handler {
  const calls = openCalls();
  return async function relayOnce(): Promise<{ sent: number }> {
    const rows = await calls.items("outbox");
    return sendAndMark(
      rows.filter((row) => row.state === "pending" && isOfThisRun(row)),
      calls,
    );
  };
}

/** Reads the whole journal and the whole list, and sends what is in the one and not in the other. */
function keepHouse(): Handler {
  const calls = openCalls();
  return async function compare(): Promise<{ sent: number }> {
    const known = new Set((await calls.items("outbox")).map(({ id }) => id));
    const orders = await calls.items("accounts");
    return sendAndMark(
      orders.filter((order) => isOfThisRun(order) && !known.has(order.id)),
      calls,
    );
  };
}

async function sendAndMark(
  items: readonly Record<string, unknown>[],
  calls: Calls,
): Promise<{ sent: number }> {
  const ids = items.map(({ id }) => String(id));
  if (ids.length === 0) return { sent: 0 };
  const confirmed = await calls.send(process.env.SENT_QUEUE_URL ?? "", ids);
  for (const [index, id] of ids.entries()) {
    if (confirmed[index]) await calls.transact(putWrite("outbox", { id, state: "sent" }));
  }
  return { sent: ids.length };
}

function isOfThisRun({ id }: Record<string, unknown>): boolean {
  return id === process.env.ORDER_ID;
}

function nothingSent(response: unknown): boolean {
  return (response as { sent: number }).sent === 0;
}

export function orderScenario(name: string, place: Place, others: readonly ScenarioFunction[]): Scenario {
  return {
    name,
    sandbox: {
      tables: { ACCOUNTS_TABLE: {} },
      queues: { sent: {} },
      environment: (sandbox) => ({ SENT_QUEUE_URL: sandbox.queue("sent").url }),
    },
    functions: [{ name: "place-order", handler: () => endpoint(place), by: { kind: "request" } }, ...others],
    async begin(sandbox, unique) {
      const order: Order = { id: `o-${unique}` };
      return {
        environment: { ORDER_ID: order.id },
        requests: { events: () => [order], onAnswer: (_, response) => response === "placed" },
        async violations() {
          const isPlaced = (await sandbox.get("ACCOUNTS_TABLE", order.id)) !== undefined;
          const sent = (await takeAll(sandbox.plain, sandbox.queue("sent").url)).map(({ body }) => body);
          return [
            ...(isPlaced ? [] : ["G3: the order is answered and not there"]),
            ...(isPlaced && !sent.includes(order.id)
              ? ["G3: the order is placed, and no message says so"]
              : []),
          ];
        },
      };
    },
  };
}

function endpoint(place: Place): Handler {
  const calls = openCalls();
  return async function answer(order: Order): Promise<"placed"> {
    await place(order, calls);
    return "placed";
  };
}
