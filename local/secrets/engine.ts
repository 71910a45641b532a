// The Secrets Manager engine: no engine that we know brings one, and the functions ask for their keys through the
// AWS SDK, so this answers it at an endpoint of its own.
//
//   It listens on 127.0.0.1 only. What it does not know is refused by name. Secrets live in memory.

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { listenLocally } from "../local-server.ts";
import { SecretsError, secretStore } from "./store.ts";

export interface SecretsEngine {
  readonly endpoint: string;
  /** Who is told of a rotation that somebody asked for, and answers whether it is one; until set, none can be. */
  onRotate(rotate: Rotate): void;
  stop(): Promise<void>;
}

export type Rotate = (secretArn: string, version: string) => boolean;

/** As large as the largest request: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const BODY_BYTES_MAX = 100_000;

export async function startSecretsEngine(): Promise<SecretsEngine> {
  let rotate: Rotate = () => false;
  const operations = new Map<string, (input: unknown) => object>(
    Object.entries(secretStore((...rotation) => rotate(...rotation))),
  );
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request).catch(refusal);
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(body));
  });
  return {
    endpoint: await listenLocally(server),
    onRotate(next) {
      rotate = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const name = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
    const perform = operations.get(name);
    if (!perform) {
      const known = [...operations.keys()].join(", ");
      throw new SecretsError("InvalidRequestException", `${name} is not understood; understood are ${known}`);
    }
    return { status: 200, body: perform(JSON.parse(await bodyOf(request))) };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_BYTES_MAX) throw new SecretsError("InvalidRequestException", "too large");
  }
  return body;
}

function refusal(error: unknown): { status: number; body: object } {
  const status = error instanceof SecretsError || error instanceof SyntaxError ? 400 : 500;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { status, body: { __type: name, Message: message } };
}
