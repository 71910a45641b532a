// The engines behind the local cloud: dynoxide (DynamoDB with streams), fauxqs (SQS and S3), and a small one of our
// own for Secrets Manager.
//
//   All listen on 127.0.0.1 only, and nobody reaches them but through the AWS SDK at these endpoints.
//   An endpoint that the environment already names (LocalStack, DynamoDB Local, AWS) takes an engine's place.
//   None outlives this process, however it ends.

import { buildApp } from "fauxqs";
import { startDynoxide } from "./dynoxide.ts";
import type { Endpoints } from "./model.ts";
import { PortInUse } from "./port-in-use.ts";
import { type SecretsEngine, startSecretsEngine } from "./secrets/engine.ts";

export interface EnginesOptions {
  /** Port of the SQS engine; absent or 0: a free one. */
  readonly sqsPort?: number;
  /** Port of the DynamoDB engine; absent or 0: a free one. */
  readonly dynamodbPort?: number;
  /** Where tables survive a restart; absent: in memory. Queues are always in memory. */
  readonly dataDirectory?: string;
}

export interface Engines {
  readonly endpoints: Endpoints;
  /** Absent when the environment names another. */
  readonly secrets?: SecretsEngine | undefined;
  /** Engines that run as processes of their own (fauxqs runs in this one). */
  readonly processIds: number[];
  stop(): Promise<void>;
}

interface Engine {
  readonly endpoint: string;
  readonly processId?: number;
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
    const dynamodb = await engineOf("AWS_ENDPOINT_URL_DYNAMODB", () =>
      startDynoxide(dynoxideOptions(options)),
    );
    const secretsManager = await engineOf("AWS_ENDPOINT_URL_SECRETS_MANAGER", async () => {
      secrets = await startSecretsEngine();
      return secrets;
    });
    return {
      endpoints: { sqs, s3, secretsManager, dynamodb },
      secrets,
      processIds: [...engines].flatMap((engine) => engine.processId ?? []),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }

  async function engineOf(variable: string, start: () => Promise<Engine>): Promise<string> {
    const engine = givenEndpoint(variable) ?? (await start());
    engines.add(engine);
    return engine.endpoint;
  }

  async function stop(): Promise<void> {
    await Promise.all([...engines].map((engine) => engine.stop()));
  }
}

function dynoxideOptions({ dynamodbPort, dataDirectory }: EnginesOptions) {
  return { ...(dynamodbPort && { port: dynamodbPort }), ...(dataDirectory && { dataDirectory }) };
}

/** The SDK's own precedence: the service's variable first, then the one for all services. */
function givenEndpoint(variable: string): Engine | undefined {
  const endpoint = process.env[variable] || process.env.AWS_ENDPOINT_URL;
  return endpoint ? { endpoint, stop: async () => undefined } : undefined;
}

async function startFauxqs(port = 0): Promise<Engine> {
  const app = buildApp({ logger: false });
  try {
    const endpoint = await app.listen({ host: "127.0.0.1", port });
    return { endpoint, stop: () => app.close() };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new PortInUse({ port, flag: "--sqs-port", listener: "the SQS engine", cause: error });
    }
    throw error;
  }
}
