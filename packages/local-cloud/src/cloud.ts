// The local cloud: the engines, the resources of the assembly, and the event sources. One call starts it.
//
//   engines → function URLs listen → provision → proxies that check permissions → execution environments → event sources
//
//   It stops in the reverse order and in bounded time; a start that fails stops what it had started.

import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { startChaos } from "./chaos.ts";
import { type Engines, startEngines } from "./engines/engines.ts";
import { startEventSources } from "./event-sources.ts";
import { overProxies, withQueuesAt } from "./function-proxies.ts";
import { type HandTrouble, handTrouble } from "./hand-trouble.ts";
import type { EventSource } from "./mappings/event-source.ts";
import { startMappingService } from "./mappings/mapping-service.ts";
import { startRotations } from "./mappings/rotation.ts";
import { destroyClients, type LocalClients, localClients } from "./model/clients.ts";
import type { Emit } from "./model/events.ts";
import type { InvocationResult } from "./model/invocation.ts";
import type { Deployment, Endpoints } from "./model/model.ts";
import { functionArnOf, outputOf } from "./model/named.ts";
import { NotUnderstood } from "./model/not-understood.ts";
import { startGuard } from "./permissions/guard.ts";
import { provision } from "./provision/provision.ts";
import { createRuntime } from "./runtime/runtime.ts";
import { timeoutStretch } from "./runtime/timeout-stretch.ts";
import { type AnsweredRequest, startFunctionUrls } from "./urls/function-urls.ts";

export interface LocalCloudOptions {
  /** What `cdk synth` wrote. */
  readonly assemblyDirectory: string;
  /** Absent: the assembly is there. Engines start without it. */
  readonly written?: Promise<unknown>;
  /** Absent or 0: a free port. */
  readonly ports?: { readonly sqs?: number; readonly dynamodb?: number; readonly functionUrls?: number };
  /** Where tables survive a restart; absent: in memory. */
  readonly dataDirectory?: string;
  /** Messages of a function that died come back after its timeout, and not after their visibility timeout. */
  readonly hurries?: boolean;
  /** Absent or level 0: no trouble. */
  readonly chaos?: { readonly level: number; readonly seed: number };
  readonly onEvent?: Emit;
  /** Called for each request to a function, before its answer goes out. */
  readonly onAnswer?: (answered: AnsweredRequest) => void;
}

export interface LocalCloud {
  /** Where other programs reach the engines. */
  readonly endpoints: Endpoints;
  readonly deployment: Deployment;
  readonly outputs: Deployment["outputs"];
  /** The value of an output of any stack. Throws, naming those there are. */
  output(key: string): string;
  readonly clients: LocalClients;
  /** `aws lambda invoke`, by construct path: `Insights/BuildStatement`. Throws, naming those there are. */
  invoke(path: string, event: unknown): Promise<InvocationResult>;
  /** Every child process that runs now: engines and functions. */
  processIds(): number[];
  /** Permissions that a role allows and no function has used, a line each. */
  unusedPermissions(): string[];
  /** No more trouble from now on, but for what a person makes. */
  stopChaos(): void;
  readonly trouble: HandTrouble;
  stop(): Promise<void>;
}

type Stop = () => unknown;

/** Each process of a function takes 40 MB, and its start a tenth of a second of a processor. */
const THRIFT = { busyFrom: availableParallelism(), waitMsMax: 1_000, idleMsMax: 5_000 };

/** How long a stop waits for running invocations before it kills their processes. */
const LAST_INVOCATIONS_MS_MAX = 3_000;

export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const stops: Stop[] = [];
  try {
    return await start(options, stops);
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function start(options: LocalCloudOptions, stops: Stop[]): Promise<LocalCloud> {
  const { assemblyDirectory, ports = {}, dataDirectory, onEvent = () => undefined } = options;
  const written = Promise.resolve(options.written);
  written.catch(() => undefined); // told where it is awaited
  const chaos = startChaos({ level: 0, seed: 0, ...options.chaos, onEvent });
  const engines = await startEngines({
    ...(ports.sqs && { sqsPort: ports.sqs }),
    ...(ports.dynamodb && { dynamodbPort: ports.dynamodb }),
    ...(dataDirectory && { dataDirectory }),
  });
  stops.push(engines.stop);
  const { endpoints } = engines;
  const clients = localClients(endpoints);
  stops.push(() => destroyClients(clients));

  const functionUrls = await startFunctionUrls({
    port: ports.functionUrls ?? 0,
    onAnswer: options.onAnswer,
  });
  stops.push(functionUrls.stop);
  await written;
  const deployment = await provision({
    assemblyDirectory,
    clients,
    functionUrlFor: functionUrls.urlFor,
    endpoints,
  });

  const guard = startGuard(deployment, onEvent);
  const reachedAt = await overProxies({ endpoints, guard, loses: chaos.losesResponse, stops });
  const functions = deployment.functions.map((fn) => withQueuesAt(reachedAt.sqs, endpoints.sqs, fn));
  const runtime = createRuntime({
    ...{ functions, endpoints: reachedAt, thrift: THRIFT, onEvent },
    stretch: timeoutStretch,
  });
  stops.push(runtime.stop);
  for (const functionArn of soonInvoked(deployment)) runtime.warmUp(functionArn);
  functionUrls.serve(deployment, runtime.invoke);
  const { mappings, schedules } = startEventSources({
    ...{ deployment, clients, runtime, chaos, onEvent },
    hurries: options.hurries ?? false,
  });
  const eventSources: EventSource[] = [mappings, ...schedules];
  const mappingService = await startMappingService(mappings.all);
  stops.push(mappingService.stop);
  await startSenders({ deployment, engines, clients });
  if (engines.secrets) {
    const { rotations } = deployment;
    const { secretsManager } = clients;
    eventSources.push(
      startRotations({ rotations, secrets: engines.secrets, secretsManager, invoke: runtime.invoke }),
    );
  }
  stops.push(() =>
    Promise.race([
      Promise.all([functionUrls, ...eventSources].map((source) => source.stop())),
      sleep(LAST_INVOCATIONS_MS_MAX, undefined, { ref: false }),
    ]),
  );

  let stopped: Promise<void> | undefined;
  return {
    endpoints: { ...engines.announced, lambda: mappingService.endpoint },
    deployment,
    outputs: deployment.outputs,
    output: (key) => outputOf(deployment, key),
    clients,
    invoke: async (path, event) => runtime.invoke(functionArnOf(deployment, path), event),
    processIds: () => [...engines.processIds, ...runtime.processIds()],
    unusedPermissions: guard.unused,
    stopChaos: chaos.stop,
    trouble: handTrouble({ deployment, runtime, chaos, onEvent }),
    stop: () => {
      stopped ??= stopAll(stops);
      return stopped;
    },
  };
}

/** By requests and messages, in about that order; not by a schedule. */
function soonInvoked({ functionUrls, httpApis, streamMappings, sqsMappings }: Deployment): Set<string> {
  const routes = httpApis.flatMap((api) => api.routes);
  return new Set(
    [...functionUrls, ...routes, ...streamMappings, ...sqsMappings].map(({ functionArn }) => functionArn),
  );
}

/** Services that bring messages to queues by themselves. */
async function startSenders(options: {
  readonly deployment: Deployment;
  readonly engines: Engines;
  readonly clients: LocalClients;
}): Promise<void> {
  const { deployment, engines, clients } = options;
  const { eventRules, bucketNotifications } = deployment;
  engines.eventBus.route(eventRules, send);
  const [first] = bucketNotifications;
  if (first === undefined) return;
  if (!engines.bucketEvents)
    throw new NotUnderstood(`${first.path}: bucket notifications need the local cloud's own S3`);
  await engines.bucketEvents.notify(bucketNotifications, send);

  async function send(QueueUrl: string, MessageBody: string): Promise<void> {
    await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }
}

/** The last started first. One that fails to stop does not keep the others running. */
async function stopAll(stops: Stop[]): Promise<void> {
  const errors: unknown[] = [];
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "the local cloud did not stop cleanly");
}
