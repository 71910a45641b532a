// The proxy between functions and an engine. It passes requests that the function's role allows and, with chaos, loses
// responses: the engine has executed the request, and the client gets no response.
//
//   A response is lost only after the engine has sent all of it, so the request is committed.
//   Otherwise the proxy changes only the access key, because engines know one. The host is always the engine's, whatever
//   host the request line names.

import { once } from "node:events";
import {
  createServer,
  Agent as HttpAgent,
  type IncomingMessage,
  request as overHttp,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as overHttps } from "node:https";
import type { PortFlag } from "../model/port-in-use.ts";
import { inTheCloudsName } from "../permissions/access-key.ts";
import type { Answer } from "../permissions/denial.ts";
import type { Judgement } from "../permissions/guard.ts";
import type { SeenRequest } from "../permissions/requests/request.ts";
import { listenLocally } from "./local-server.ts";

export interface EngineProxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface EngineProxyOptions {
  /** The engine, `http://host:port`. */
  readonly target: string;
  /** Whether its requests say in their body what they do. */
  readonly judgesBodies?: boolean;
  /** Absent: everything is allowed. */
  readonly judge?: (request: SeenRequest) => Judgement | undefined | Promise<Judgement | undefined>;
  /** Asked once for each request that is let through. */
  readonly loses?: () => boolean;
  /** Where it listens; absent: a free port. */
  readonly at?: PortFlag;
}

export async function startEngineProxy(options: EngineProxyOptions): Promise<EngineProxy> {
  const { target, judgesBodies = false, judge = () => undefined, loses = () => false, at } = options;
  const { origin: engine } = new URL(target);
  const isSecure = target.startsWith("https:");
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const requestTo = isSecure ? overHttps : overHttp;
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy()); // the client was gone before its request was through
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", headers } = request;
    const url = new URL(engine + request.url); // joined, not resolved: `//host/` and `http://host/` would name another
    const body = judgesBodies ? await bodyOf(request) : undefined;
    const judgement = await judge({ method, url, headers, ...(body && { body }) });
    if (judgement && "deny" in judgement) {
      request.resume();
      return refuse(response, judgement.deny);
    }
    const isLost = loses();
    const onward = requestTo(url, { method, headers: inTheCloudsName(headers), agent }, (answer) => {
      if (judgement && answer.statusCode === 404) {
        answer.resume();
        refuse(response, judgement.denyIfMissing());
      } else if (isLost) lose(answer, response);
      else pass(answer, response);
    });
    onward.on("error", () => response.destroy()); // the client sees what it would see: a broken connection
    response.on("close", () => onward.destroy());
    if (body) onward.end(body);
    else request.pipe(onward);
  }

  return {
    endpoint: await listenLocally(server, at),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}

/** All of it, since it is judged before it goes on. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("close", () => reject(new Error("closed before its end"))); // after `end` this is too late to matter
  });
}

function refuse(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(response);
}

function lose(answer: IncomingMessage, response: ServerResponse): void {
  answer.resume().once("end", () => response.destroy());
}
