// What the kit itself costs: client CPU of a batch whose SDK calls cost nothing, and of the same without one
// middleware at a time.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { newId } from "@essentially-once/messaging/ids";
import { inline } from "@essentially-once/messaging/inline";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { hopLimit } from "@essentially-once/messaging/internal/trust/hop-limit";
import { signature } from "@essentially-once/messaging/internal/trust/signature";
import { rows } from "@essentially-once/messaging/rows";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { MoneyDeposited } from "./bank.ts";
import { tables } from "./engines.ts";
import { deposit } from "./kit.ts";
import { sinkLogs } from "./measure.ts";
import { invocation, keys } from "./sqs-records.ts";
import { median } from "./statistics.ts";
import { toBatches, type Workload } from "./workloads.ts";

export interface Share {
  readonly part: string;
  readonly cpuMicrosecondsPerMessage: number;
}

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Answers at once that all is well: what is left is the kit's own work, marshalling included. */
const client = { send: async () => ({}) } as unknown as DynamoDBClient;

const middlewares: Readonly<Record<string, () => MessageMiddleware>> = {
  signature: () => signature({ keys, policy: "required" }),
  "age gate": () => ageGate(),
  "hop limit": () => hopLimit(),
  "idempotency, rows": () => idempotency({ evidence: rows({ client }) }),
};

export interface SharesOptions {
  readonly workload: Workload;
  readonly messages: number;
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}

/** The whole first, then the share of each part: the whole less the whole without it. */
export async function measureShares({
  workload,
  messages,
  rounds,
  onProgress,
}: SharesOptions): Promise<Share[]> {
  const whole = Object.keys(middlewares);
  const variants: Record<string, () => Handler> = {
    whole: () => consumerOf(whole),
    "whole, inline": () => consumerOf(whole, inlineEvidence),
    "no middleware": () => consumerOf([]),
    ...Object.fromEntries(
      whole.map((name) => [name, () => consumerOf(whole.filter((other) => other !== name))]),
    ),
  };
  const microseconds = new Map(Object.keys(variants).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    onProgress(round + 1, rounds + 1, "the kit's own work");
    for (const [name, make] of Object.entries(variants)) {
      const cost = await cpuOf(make(), await toBatches(workload.measured({ name: newId(), messages })));
      if (round > 0) microseconds.get(name)?.push(cost / messages); // the first round warms up
    }
  }
  const cost = (name: string) => median(microseconds.get(name) ?? []);
  return [
    { part: "all of the kit, rows", cpuMicrosecondsPerMessage: cost("whole") },
    { part: "all of the kit, inline", cpuMicrosecondsPerMessage: cost("whole, inline") },
    ...whole.map((part) => ({ part, cpuMicrosecondsPerMessage: cost("whole") - cost(part) })),
    { part: "batch, envelope, schema, handler, log", cpuMicrosecondsPerMessage: cost("no middleware") },
  ];
}

const inlineEvidence = () => idempotency({ evidence: inline({ table: tables.accounts, client }) });

function consumerOf(names: readonly string[], evidence?: () => MessageMiddleware): Handler {
  const chain = consumer(contract({ name: "deposit-money", accepts: [MoneyDeposited] }));
  for (const name of names) {
    const make = name.startsWith("idempotency") ? (evidence ?? middlewares[name]) : middlewares[name];
    if (make) chain.use(make());
  }
  // Without idempotency nothing commits the unit of work: then the handler writes by itself.
  const commits = names.some((name) => name.startsWith("idempotency"));
  return chain.handler(async (message, unit) => {
    if (commits) await deposit(message, unit);
  });
}

async function cpuOf(handler: Handler, events: readonly SQSEvent[]): Promise<number> {
  const restore = sinkLogs();
  const start = process.cpuUsage();
  for (const event of events) await handler(event, invocation());
  const { user, system } = process.cpuUsage(start);
  restore();
  return user + system;
}
