// A service of AWS's JSON protocol that has no engine elsewhere: a table of operations, at an endpoint of its own.
//
//   An unknown operation is refused by name.

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { listenLocally } from "./local-server.ts";

export interface JsonService {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** An error that the SDK raises under its name. */
export class ServiceError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const UNKNOWN = "InvalidRequestException";
/** As large as the largest request: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const BODY_BYTES_MAX = 100_000;

export async function startJsonService(
  operations: ReadonlyMap<string, (input: unknown) => object | Promise<object>>,
): Promise<JsonService> {
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch(refusal);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
  });
  return {
    endpoint: await listenLocally(server),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  /** `x-amz-target` is `secretsmanager.GetSecretValue`, `AmazonSSM.GetParameter` … */
  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const name = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
    const perform = operations.get(name);
    if (!perform) {
      const known = [...operations.keys()].join(", ");
      throw new ServiceError(UNKNOWN, `${name} is not supported; supported are ${known}`);
    }
    return { status: 200, body: await perform(JSON.parse(await bodyOf(request))) };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw new ServiceError(UNKNOWN, "too large");
  }
  return body;
}

function refusal(error: unknown): { status: number; body: object } {
  const status = error instanceof ServiceError || error instanceof SyntaxError ? 400 : 500;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { status, body: { __type: name, Message: message } };
}
