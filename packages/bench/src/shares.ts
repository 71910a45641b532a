// What the kit itself costs: client CPU of a batch over a real client whose requests are answered at once, less the CPU
// that the bare SDK takes for the same requests; and the same without one middleware at a time.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { newId } from "@essentially-once/messaging/ids";
import { watched } from "@essentially-once/messaging/in-flight";
import { type InlineOptions, inline } from "@essentially-once/messaging/inline";
import { unlogged } from "@essentially-once/messaging/internal/aws/unlogged";
import type { MessageMiddleware } from "@essentially-once/messaging/internal/commit/delivery";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import { hopLimit } from "@essentially-once/messaging/internal/trust/hop-limit";
import { signature } from "@essentially-once/messaging/internal/trust/signature";
import { rows } from "@essentially-once/messaging/rows";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { answersAtOnce } from "./at-once.ts";
import { BalanceChanged, MoneyDeposited } from "./bank.ts";
import { tables } from "./engines.ts";
import { deposit } from "./kit.ts";
import { sinkLogs } from "./measure.ts";
import { invocation, keys } from "./sqs-records.ts";
import { quantile } from "./statistics.ts";
import { toBatches, type Workload } from "./workloads.ts";

export interface Share {
  readonly part: string;
  readonly cpuMicrosecondsPerMessage: number;
}

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
type Command = Parameters<DynamoDBClient["send"]>[0];

/** As clients.ts makes it. */
const client = watched(unlogged(new DynamoDBClient({ requestHandler: answersAtOnce })));
const bareClient = new DynamoDBClient({ requestHandler: answersAtOnce });

const guards: Readonly<Record<string, () => MessageMiddleware>> = {
  signature: () => signature({ keys, policy: "required" }),
  "age gate": () => ageGate(),
  "hop limit": () => hopLimit(),
};
const commit = "idempotency, rows";

const stores: Readonly<Record<string, () => MessageMiddleware>> = {
  rows: () => idempotency({ evidence: rows({ client }) }),
  "inline, by sequence": () => idempotency({ evidence: inlineBy("sequence") }),
  "inline, by ids": () => idempotency({ evidence: inlineBy("ids") }),
};

export interface SharesOptions {
  readonly workload: Workload;
  readonly messages: number;
  readonly rounds: number;
  readonly onProgress: (done: number, of: number, what: string) => void;
}

/** The whole for each form of evidence first, then the share of each part of `rows`: the whole less the whole without it. */
export async function measureShares(options: SharesOptions): Promise<Share[]> {
  const { rounds, onProgress } = options;
  const all = Object.keys(guards);
  const variants: Record<string, () => Handler> = {
    ...Object.fromEntries(
      Object.entries(stores).map(([name, store]) => [name, () => consumerOf(all, store)]),
    ),
    ...Object.fromEntries(
      all.map((name) => [
        name,
        () =>
          consumerOf(
            all.filter((other) => other !== name),
            stores.rows,
          ),
      ]),
    ),
    [commit]: () => consumerOf(all),
    nothing: () => consumerOf([]),
  };
  const requests = new Map<string, readonly Command[]>();
  const whole = new Map(Object.keys(variants).map((name) => [name, [] as number[]]));
  const bare = new Map(Object.keys(stores).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    onProgress(round + 1, rounds + 1, "the kit's own work");
    for (const [name, make] of Object.entries(variants)) {
      const sent = round === 0 ? recorded() : undefined; // the first round warms up, and shows what is sent
      const microseconds = await cpuOf(make(), options);
      if (sent) requests.set(name, sent());
      else whole.get(name)?.push(microseconds);
      if (round > 0) bare.get(name)?.push(await cpuOfBare(requests.get(name) ?? [], options));
    }
  }
  // Neighbours can only add to CPU time, by what they leave of the caches: the lower quartile is nearer to the truth.
  const cost = (name: string) => quantile(whole.get(name) ?? [], 0.25);
  const own = (name: string) => cost(name) - quantile(bare.get(name) ?? [], 0.25);
  return [
    ...Object.keys(stores).map((name) => ({
      part: `all of the kit, ${name}`,
      cpuMicrosecondsPerMessage: own(name),
    })),
    ...all.map((part) => ({ part, cpuMicrosecondsPerMessage: cost("rows") - cost(part) })),
    { part: commit, cpuMicrosecondsPerMessage: own("rows") - cost(commit) },
    { part: "batch, envelope, schema, handler, log", cpuMicrosecondsPerMessage: cost("nothing") },
    {
      part: "for comparison: the SDK's own, rows",
      cpuMicrosecondsPerMessage: cost("rows") - own("rows"),
    },
  ];
}

function inlineBy(by: NonNullable<InlineOptions["by"]>) {
  return inline({ table: tables.accounts, client, by });
}

function consumerOf(names: readonly string[], store?: () => MessageMiddleware): Handler {
  const chain = consumer(
    contract({ name: "deposit-money", accepts: [MoneyDeposited], publishes: [BalanceChanged] }),
  );
  for (const name of names) {
    const guard = guards[name];
    if (guard) chain.use(guard());
  }
  if (store) chain.use(store());
  // Without idempotency nothing commits the unit of work, so the handler collects nothing.
  return chain.handler(store ? deposit : async () => undefined);
}

/** From now on, what the kit's client sends; to be called for the list, which ends it. */
function recorded(): () => readonly Command[] {
  const commands: Command[] = [];
  const { send } = client;
  client.send = function sendRecorded(command: Command) {
    commands.push(command);
    return (send as (command: Command) => Promise<unknown>).call(client, command);
  } as typeof client.send;
  return function stopRecording() {
    client.send = send;
    return commands;
  };
}

/** In microseconds a message. */
async function cpuOf(handler: Handler, { workload, messages }: SharesOptions): Promise<number> {
  const events = await toBatches(workload.measured({ name: newId(), messages }));
  const restore = sinkLogs();
  const start = process.cpuUsage();
  for (const event of events) {
    const { batchItemFailures } = await handler(event, invocation());
    if (batchItemFailures.length > 0) throw new Error("a batch whose requests are all answered has failed");
  }
  const { user, system } = process.cpuUsage(start);
  restore();
  return (user + system) / messages;
}

async function cpuOfBare(commands: readonly Command[], { messages }: SharesOptions): Promise<number> {
  const start = process.cpuUsage();
  for (const command of commands) await bareClient.send(command);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / messages;
}
