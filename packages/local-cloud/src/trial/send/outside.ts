// Another company's HTTP service, as a trial run plays it: JSON in, JSON out, on 127.0.0.1. No transaction of ours reaches into it, which
// is why a reconciliation believes its books.

import { createServer, type IncomingMessage } from "node:http";
import { listenLocally } from "../../engines/local-server.ts";
import { PortInUse } from "../../model/port-in-use.ts";

export interface OutsideRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  /** Undefined for a request without a body. */
  readonly body: unknown;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type OutsideService = (request: OutsideRequest) => OutsideAnswer;

const BODY_BYTES_MAX = 1_000_000;

/** A request, and when it came: milliseconds since the start of the process. */
export interface Came {
  readonly atMs: number;
  readonly method: string;
  /** It met an interruption. */
  readonly isRefused: boolean;
}

export interface Outside {
  readonly url: string;
  readonly came: readonly Came[];
  /** True: it answers 503 and does nothing, until it is told false. */
  interrupt(isDown: boolean): void;
  stop(): Promise<void>;
}

const DOWN: OutsideAnswer = { status: 503, body: { title: "The service is stopped" } };

/** @param preferredPort where it was the last time: its URL is a setting of the stacks, and the same one makes the same stacks */
export async function startOutside(answer: OutsideService, preferredPort = 0): Promise<Outside> {
  let isDown = false;
  const came: Came[] = [];
  const server = createServer(async (request, response) => {
    const { method = "GET" } = request;
    came.push({ atMs: performance.now(), method, isRefused: isDown });
    const given = isDown ? () => DOWN : answer;
    const { status, headers, body } = await read(request).then(given, () => ({
      status: 400,
      headers: {},
      body: { title: "The request cannot be read" },
    }));
    response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body));
  });
  return {
    url: await listenLocally(server, { port: preferredPort }).catch((error: unknown) => {
      if (error instanceof PortInUse) return listenLocally(server);
      throw error;
    }),
    came,
    interrupt(down) {
      isDown = down;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<OutsideRequest> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new Error("too long");
  }
  const { method = "GET", headers } = request;
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  return { method, url: new URL(request.url ?? "/", "http://outside"), headers, body };
}
