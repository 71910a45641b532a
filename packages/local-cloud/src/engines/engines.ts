// The engines behind the local cloud: dynoxide (DynamoDB with streams), fauxqs (SQS, SNS and S3), and small ones of
// our own for Secrets Manager, Parameter Store and EventBridge. SNS is where SQS is, since it delivers to its queues.
//
//   All listen on this machine only, and none answers a web page: fauxqs and ours refuse one, dynoxide cannot, so it
//   listens where no browser goes and programs find it at a proxy that refuses.
//   An endpoint that the environment already names (LocalStack, DynamoDB Local, AWS) takes an engine's place.
//   None outlives this process, however it ends.

import { buildApp } from "fauxqs";
import type { Endpoints } from "../model/model.ts";
import { PortInUse } from "../model/port-in-use.ts";
import { type BucketEvents, notifyOfObjects } from "./bucket-events.ts";
import { recordDeadLetterSource } from "./dead-letter-source.ts";
import { startDynoxide } from "./dynoxide.ts";
import { startEngineProxy } from "./engine-proxy.ts";
import { type EventBus, startEventBus } from "./event-bus.ts";
import { LOOPBACK, refuseWebPages } from "./local-server.ts";
import { startParametersEngine } from "./parameters.ts";
import { type SecretsEngine, startSecretsEngine } from "./secrets/engine.ts";

export interface EnginesOptions {
  /** Port of the SQS engine; absent or 0: a free one. */
  readonly sqsPort?: number;
  /** Port of the DynamoDB engine; absent or 0: a free one. */
  readonly dynamodbPort?: number;
  /** Where tables survive a restart; absent: in memory. Queues are always in memory. */
  readonly dataDirectory?: string;
  /** Starts every engine, whatever endpoints the environment names. */
  readonly own?: boolean;
}

export interface Engines {
  /** Where this process reaches them. */
  readonly endpoints: Endpoints;
  /** Where other programs of this machine reach them. */
  readonly announced: Endpoints;
  /** Absent when the environment names another. */
  readonly secrets?: SecretsEngine | undefined;
  readonly eventBus: EventBus;
  /** Absent when the environment names another S3. */
  readonly bucketEvents?: BucketEvents | undefined;
  /** Engines that run as processes of their own (fauxqs runs in this one). */
  readonly processIds: number[];
  stop(): Promise<void>;
}

interface Engine {
  readonly endpoint: string;
  /** Where others reach it, when that is not the same. */
  readonly announced?: string;
  readonly processId?: number;
  readonly bucketEvents?: BucketEvents;
  stop(): Promise<unknown>;
}

/**
 * Starts what the environment does not already provide.
 * Throws `PortInUse` for a given port that is taken, and `EngineMissing` where there is no binary for this platform.
 */
export async function startEngines(options: EnginesOptions = {}): Promise<Engines> {
  const engines = new Set<Engine>();
  let fauxqs: Promise<Engine> | undefined;
  let secrets: SecretsEngine | undefined;
  const oneFauxqs = () => {
    fauxqs ??= startFauxqs(options.sqsPort);
    return fauxqs;
  };
  try {
    const sqs = await engineOf("AWS_ENDPOINT_URL_SQS", oneFauxqs);
    const s3 = await engineOf("AWS_ENDPOINT_URL_S3", oneFauxqs);
    const dynamodb = await engineOf("AWS_ENDPOINT_URL_DYNAMODB", () => startTables(options));
    const secretsManager = await engineOf("AWS_ENDPOINT_URL_SECRETS_MANAGER", async () => {
      secrets = await startSecretsEngine();
      return secrets;
    });
    const sns = await engineOf("AWS_ENDPOINT_URL_SNS", async () => ({ ...sqs, stop: async () => undefined }));
    const ssm = await engineOf("AWS_ENDPOINT_URL_SSM", startParametersEngine);
    const eventBus = await startEventBus();
    engines.add(eventBus);
    const all = { sqs, s3, secretsManager, dynamodb, sns, ssm, eventBridge: eventBus };
    return {
      endpoints: eachOf(all, ({ endpoint }) => endpoint),
      announced: eachOf(all, ({ endpoint, announced = endpoint }) => announced),
      secrets,
      eventBus,
      bucketEvents: s3.bucketEvents,
      processIds: [...engines].flatMap((engine) => engine.processId ?? []),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function engineOf(variable: string, start: () => Promise<Engine>): Promise<Engine> {
    const engine = (options.own ? undefined : givenEndpoint(variable)) ?? (await start());
    engines.add(engine);
    return engine;
  }

  async function stop(): Promise<void> {
    await Promise.all([...engines].map((engine) => engine.stop()));
  }
}

function eachOf(
  engines: Readonly<Record<keyof Omit<Endpoints, "lambda">, Engine>>,
  endpointOf: (engine: Engine) => string,
): Endpoints {
  return Object.fromEntries(
    Object.entries(engines).map(([service, engine]) => [service, endpointOf(engine)]),
  ) as unknown as Endpoints;
}

async function startTables({ dynamodbPort = 0, dataDirectory }: EnginesOptions): Promise<Engine> {
  const { endpoint, processId, stop } = await startDynoxide({ ...(dataDirectory && { dataDirectory }) });
  const at = { port: dynamodbPort, flag: "--dynamodb-port", listener: "the DynamoDB engine" };
  try {
    const front = await startEngineProxy({ target: endpoint, at });
    return {
      endpoint,
      announced: front.endpoint,
      processId,
      stop: () => Promise.all([front.stop(), stop()]),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The SDK's own precedence: the service's variable first, then the one for all services. */
function givenEndpoint(variable: string): Engine | undefined {
  const endpoint = process.env[variable] || process.env.AWS_ENDPOINT_URL;
  return endpoint ? { endpoint, stop: async () => undefined } : undefined;
}

async function startFauxqs(port = 0): Promise<Engine> {
  const app = buildApp({ logger: false });
  refuseWebPages(app.server);
  recordDeadLetterSource(app);
  const bucketEvents = notifyOfObjects(app);
  try {
    const endpoint = await app.listen({ host: LOOPBACK, port });
    return { endpoint, bucketEvents, stop: () => app.close() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortInUse({ port, flag: "--sqs-port", listener: "the SQS engine", cause: error });
    }
    throw error;
  }
}
