// Handles one dead letter of a stage on this machine: `npm run dlq -- pull`.
//
//   engines of our own → provision → the stage's items, as they are asked for → the handler, once → what it changed
//
//   G6. The stage is only read, by the operator's credentials. The handler has those of the local cloud and no way to the
//   stage: its requests go to the local engines, and other connections are refused.

import { join } from "node:path";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { type ConsumerQueue, consumerQueues } from "@essentially-once/operator/dead-letters/consumer-queues";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { registrationsOf } from "@essentially-once/operator/internal/connect/registry";
import type { Pulled, PullRequest } from "@essentially-once/operator/internal/dead-letters/pulled";
import { UsageError } from "@essentially-once/operator/usage-error";
import { startEngines } from "../engines/engines.ts";
import { overProxies, withQueuesAt } from "../function-proxies.ts";
import { sqsRecord } from "../mappings/sqs-record.ts";
import { destroyClients, LOCAL_CREDENTIALS, LOCAL_REGION, localClients } from "../model/clients.ts";
import type { LocalEvent } from "../model/events.ts";
import type { Deployment, FunctionEndpoints, LocalFunction, SqsMapping } from "../model/model.ts";
import { startGuard } from "../permissions/guard.ts";
import { provision } from "../provision/provision.ts";
import { createRuntime } from "../runtime/runtime.ts";
import { synthesizeChanged } from "../synthesize.ts";
import { startFunctionUrls } from "../urls/function-urls.ts";
import { type ClaimBucket, claimBucket } from "./claim-bucket.ts";
import { itemChanges, messagesIn } from "./item-changes.ts";
import { outcomeOf, outsideIn } from "./outcome.ts";
import { parkedIn, putLocally } from "./put-locally.ts";
import { type StageItems, stageItems } from "./stage-items.ts";
import { localTables } from "./table-names.ts";

/** At a breakpoint the time of an invocation goes on. */
const DEBUGGING_MS_MAX = 8 * 3_600_000;
const OUTSIDE = new URL("./outside.mjs", import.meta.url);

/** @throws UsageError for what cannot be pulled, naming what can be done */
export async function pullDeadLetter(request: PullRequest): Promise<Pulled> {
  const { signal } = request;
  const stops: (() => unknown)[] = [];
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([run(request, stops), interrupted]);
  } finally {
    for (const stop of stops.splice(0).reverse()) await stop();
  }
}

async function run(request: PullRequest, stops: (() => unknown)[]): Promise<Pulled> {
  const { queue, deadLetter, connection, say, inspect } = request;
  const assemblyDirectory = request.assemblyDirectory ?? (await synthesized(request));
  const engines = await startEngines({ own: true }); // one that the environment names is the stage's
  stops.push(engines.stop);
  const { endpoints } = engines;
  const clients = localClients(endpoints);
  stops.push(() => destroyClients(clients));
  const urls = await startFunctionUrls({ port: 0 });
  stops.push(urls.stop);
  const deployment = await provision({ assemblyDirectory, clients, endpoints, functionUrlFor: urls.urlFor });
  const { outputs } = deployment;
  const own = ownQueue(deployment, queue);
  const { fn, mapping } = functionOf(deployment, own);

  const tables = localTables(deployment, connection.outputs);
  const items = stageItems({ stage: connection.dynamodb, local: clients.dynamodb, tables });
  const lines: string[] = [];
  const denials: string[] = [];
  const guard = startGuard(deployment, hear);
  const claims = await claimBucket(connection, { outputs, s3: clients.s3 });
  const reachedAt = await overProxies({ endpoints, guard: bringing(guard, items, claims), stops });
  const runtime = createRuntime({
    functions: [withQueuesAt(reachedAt.sqs, endpoints.sqs, claims.usedBy(runnable(fn, inspect)))],
    endpoints: reachedAt,
    onEvent: hear,
    node: nodeFor(request, reachedAt),
  });
  stops.push(runtime.stop);
  const local = {
    sqs: clients.sqs,
    dynamodb: clients.dynamodb,
    outputs,
    local: { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoints },
  } satisfies Connection;

  await putLocally(request, { local, own, claims });
  const { Messages = [] } = await clients.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: own.queueUrl,
      MessageSystemAttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    }),
  );
  say(`Running ${fn.path} of this app on ${deadLetter.id}.`);
  const event = { Records: Messages.map((message) => sqsRecord(message, mapping.queueArn)) };
  const result = await runtime.invoke(mapping.functionArn, event);
  if (items.failure()) throw unreadable(items.failure());

  const parked = await parkedIn(clients.sqs, own);
  const changes = await itemChanges({ local: clients.dynamodb, tables, items });
  return {
    ...outcomeOf({ result, lines, parked }),
    changes,
    messages: messagesIn(changes, await consumersByType(local)),
    itemsRead: items.brought.size,
    unanswered: [...items.unanswered, ...denials],
    outside: outsideIn(lines),
  };

  function hear(event: LocalEvent): void {
    if (event.kind === "denial") denials.push(event.line);
    if (event.kind !== "log") return;
    lines.push(event.line);
    if (event.line.startsWith("Debugger listening on "))
      say(`${event.line}: attach, set breakpoints, resume.`);
  }
}

async function synthesized({ say, signal }: PullRequest): Promise<string> {
  const projectDirectory = process.cwd();
  const assemblyDirectory = join(projectDirectory, ".local-cloud/pull/cdk.out");
  say("Synthesizing the stacks of this app (cdk synth) ...");
  await synthesizeChanged({ projectDirectory, assemblyDirectory, context: {}, signal }).checked;
  return assemblyDirectory;
}

function ownQueue({ outputs }: Deployment, { name }: ConsumerQueue): ConsumerQueue {
  const queues = consumerQueues(outputs);
  const own = queues.find((one) => one.name === name);
  if (own) return own;
  const known = queues.map((one) => one.name).join(", ");
  throw new UsageError(`This app has no consumer ${name}, only ${known}: pull in the app that it is of.`);
}

function functionOf({ functions, sqsMappings }: Deployment, { name, queueUrl }: ConsumerQueue) {
  const mapping: SqsMapping | undefined = sqsMappings.find((one) => one.queueUrl === queueUrl);
  const fn = functions.find(({ arn }) => arn === mapping?.functionArn);
  if (mapping && fn) return { fn, mapping };
  throw new UsageError(`No function of this app reads the queue of ${name}.`);
}

/** The outcome is read from what the kit logs, on the level that says it all. */
function runnable(fn: LocalFunction, inspect: boolean): LocalFunction {
  const environment = { ...fn.environment, POWERTOOLS_LOG_LEVEL: "INFO" };
  return { ...fn, environment, ...(inspect && { timeoutMs: DEBUGGING_MS_MAX }) };
}

function nodeFor({ inspect, allowEffects }: PullRequest, endpoints: FunctionEndpoints) {
  const ports = Object.values(endpoints).map((endpoint) => new URL(String(endpoint)).port);
  const outside = `${OUTSIDE}?ports=${ports.join(",")}&allowed=${allowEffects}`;
  if (!inspect) return { flags: [`--import=${outside}`] };
  const flags = ["--inspect-brk=127.0.0.1:0", "--enable-source-maps", `--import=${outside}`];
  return { flags, initMsMax: DEBUGGING_MS_MAX };
}

function bringing(guard: ReturnType<typeof startGuard>, items: StageItems, claims: ClaimBucket) {
  return {
    refuseOther: guard.refuseOther,
    async judge(...[service, request]: Parameters<typeof guard.judge>) {
      const judgement = guard.judge(service, service === "s3" ? claims.judged(request) : request);
      if (service !== "dynamodb" || (judgement && "deny" in judgement)) return judgement;
      const deny = await items.bring(request);
      return deny ? { deny } : judgement;
    },
  };
}

function unreadable(cause: Error | undefined): UsageError {
  const needed =
    "the operator needs dynamodb:GetItem and dynamodb:Query on the tables of the consumer's service";
  return new UsageError(`The stage could not be read: ${cause?.name}: ${cause?.message}. If so, ${needed}.`, {
    cause,
  });
}

/** Of this app; none before its relay has opened the registry. */
async function consumersByType(local: Connection): Promise<(type: string) => readonly string[]> {
  const registrations = await registrationsOf(local).catch(() => []);
  return (type) =>
    registrations
      .filter(({ accepts }) => accepts.some((types) => types.includes(type)))
      .map(({ name }) => name);
}
