// Strategies of a consumer in front of another company's API: that allows one request in ten seconds, or that is down.

import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { type Calls, openCalls } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

export const limitStrategies: readonly Strategy[] = [
  {
    name: "rate per process",
    because: "each environment keeps to the rate, and together they exceed it",
    holds: false,
    scenario: rateScenario("rate of a process", rateOfProcess),
  },
  {
    name: "rate in an item that all processes share",
    because: "each token is taken on the condition that no other process has taken it",
    holds: true,
    scenario: rateScenario("shared rate", sharedRate),
  },
  {
    name: "breaker that parks",
    because: "the messages that meet it are good, and dead-lettered all the same",
    holds: false,
    scenario: breakerScenario("breaker that parks", { parks: true }),
  },
  {
    name: "breaker that leaves messages in their queue",
    because: "they are redelivered when the other side may be back",
    holds: true,
    scenario: breakerScenario("breaker that waits", { parks: false }),
  },
];

const intervalMs = 10_000;
const messages = 3;

/** Whether a message may call now; the API is a run's own. */
type Take = (nowMs: number, api: string) => Promise<boolean>;

function rateScenario(name: string, rate: (calls: Calls) => Take): Scenario {
  return {
    name,
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      {
        name: "caller",
        handler: () => caller(rate),
        by: { kind: "queue", queue: "main", batchSize: 1, environments: 2 },
      },
    ],
    async begin(sandbox, unique) {
      const bodies = Array.from({ length: messages }, (_, nth) => ({ body: `${unique}/${nth}` }));
      await sandbox.send("main", ...bodies);
      return {
        async violations() {
          const items = await sandbox.items("ACCOUNTS_TABLE");
          const timesMs = items
            .filter(({ id }) => String(id).startsWith(`${unique}/`))
            .map(({ atMs }) => Number(atMs))
            .sort((a, b) => a - b);
          const tooSoon = timesMs.some((atMs, nth) => nth > 0 && atMs - (timesMs[nth - 1] ?? 0) < intervalMs);
          return tooSoon ? ["G13: two requests are less than ten seconds apart"] : [];
        },
      };
    },
  };
}

/** An item for each request stands for the API. */
function caller(rate: (calls: Calls) => Take): Handler {
  const calls = openCalls();
  const take = rate(calls);
  return eachMessage(async (body) => {
    const atMs = Date.now();
    if (!(await take(atMs, body.split("/")[0] ?? ""))) throw new Error("not yet");
    await calls.put("accounts", { id: `${body}@${atMs}`, atMs });
  });
}

function rateOfProcess(): Take {
  let nextMs = 0;
  return async function take(nowMs) {
    if (nowMs < nextMs) return false;
    nextMs = nowMs + intervalMs;
    return true;
  };
}

function sharedRate(calls: Calls): Take {
  return async function take(nowMs, api) {
    const id = `rate/${api}`;
    const before = await calls.get("evidence", id);
    if (nowMs < Number(before?.nextMs ?? 0)) return false;
    await calls.putIf("evidence", { id, nextMs: nowMs + intervalMs }, { nextMs: before?.nextMs });
    return true;
  };
}

/** After a failure nobody calls for so long. */
const openMs = 20_000;

function breakerScenario(name: string, how: { readonly parks: boolean }): Scenario {
  let carrier: TestCarrier;
  const oneAttempt = "a request to the carrier has one attempt: what meets all of them is the same";
  return {
    name,
    without: {
      "lost-request": { at: ["POST /consignments"], because: oneAttempt },
      "lost-response": { at: ["POST /consignments"], because: oneAttempt },
    },
    sandbox: {
      async open() {
        carrier = await aCarrier();
        return { environment: { CARRIER_URL: carrier.url }, close: () => carrier.stop() };
      },
    },
    functions: [{ name: "ship", handler: () => shipper(how), by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      const bodies = Array.from({ length: messages }, (_, nth) => `${unique}-${nth}`);
      await sandbox.send("main", ...bodies.map((body) => ({ body })));
      return {
        async violations() {
          const parked = (await sandbox.deadLetters("main")).length;
          const left = bodies.filter((body) => carrier.consignments(body) === 0).length;
          return [
            ...(parked > 0 ? [`G6: ${parked} good messages are dead-lettered`] : []),
            ...(left > parked ? [`G6: ${left - parked} messages are not shipped`] : []),
          ];
        },
      };
    },
  };
}

function shipper({ parks }: { readonly parks: boolean }): Handler {
  const calls = openCalls();
  let openUntilMs = 0;
  return eachMessage(async (body) => {
    if (Date.now() < openUntilMs) {
      if (!parks) throw new Error("the breaker is open");
      await calls.send(process.env.DEAD_LETTER_QUEUE_URL ?? "", [body]);
      return;
    }
    try {
      await book(body);
    } catch (error) {
      openUntilMs = Date.now() + openMs;
      throw error;
    }
  });
}

async function book(reference: string): Promise<void> {
  const response = await fetch(`${process.env.CARRIER_URL}/consignments`, {
    method: "POST",
    body: JSON.stringify({ reference }),
    signal: AbortSignal.timeout(2_000),
  });
  if (!response.ok) throw new Error(`the carrier answers ${response.status}`);
}

function eachMessage(work: (body: string) => Promise<void>): Handler {
  return async function handleBatch({ Records }: SQSEvent): Promise<SQSBatchResponse> {
    const failed: string[] = [];
    for (const { body, messageId } of Records) await work(body).catch(() => failed.push(messageId));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
