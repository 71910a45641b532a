// The console's server: on 127.0.0.1, for its own page and for programs that have the token.
//
//   A page of another site is refused before anything is read (ADR 28): a foreign `Host`, `Origin` or `Sec-Fetch-Site`, a preflight.
//   The page itself has no secret and is served to all that is left; every answer of the API needs the token.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally } from "@essentially-once/local-cloud/internal/engines/local-server";
import { UsageError } from "@essentially-once/operator/usage-error";
import { NotRight, type Source } from "../data/source.ts";
import { type Answer, json, Refused, send } from "./answer.ts";
import { type Feed, startFeed } from "./feed.ts";
import { type PageFiles, pageFiles } from "./page-files.ts";
import { wholeParameter } from "./requests.ts";
import { changes, type Route, reads } from "./routes.ts";
import { newToken, type Token } from "./token.ts";

export interface ConsoleServer {
  /** With the token: for the person who started it alone. */
  readonly address: string;
  readonly origin: string;
  readonly token: string;
  stop(): Promise<void>;
}

export interface ConsoleServerOptions {
  readonly source: Source;
  /** Absent or 0: a free one. */
  readonly port?: number;
  readonly token?: Token;
  readonly files?: PageFiles;
  readonly countsEveryMs?: number;
}

const STOP_MS_MAX = 1_000;

/** Throws `PortInUse` for a given port that is taken. */
export async function startConsoleServer(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const { source, port = 0, token = newToken(), files = pageFiles(), countsEveryMs = 1_000 } = options;
  const feed = startFeed(source, { countsEveryMs });
  const server = createServer((request, response) => {
    answer({ request, response, source, token, files, feed }).then(
      (answered) => answered && send(response, answered),
      (error: unknown) => sendRefusal(response, error),
    );
  });
  const origin = await listenLocally(server, {
    port,
    flag: "--port",
    listener: "the console",
    ownPage: true,
  });
  return {
    address: `${origin}/#token=${token.text}`,
    origin,
    token: token.text,
    async stop() {
      feed.stop();
      server.close();
      server.closeIdleConnections();
      const impatience = setTimeout(() => server.closeAllConnections(), STOP_MS_MAX);
      await once(server, "close");
      clearTimeout(impatience);
      await source.stop();
    },
  };
}

interface Asking {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly source: Source;
  readonly token: Token;
  readonly files: PageFiles;
  readonly feed: Feed;
}

/** Undefined for a stream, which answers by itself. */
async function answer(asking: Asking): Promise<Answer | undefined> {
  const { request, response, source, token, files, feed } = asking;
  const { pathname, searchParams: query } = new URL(`http://console${request.url}`);
  if (!pathname.startsWith("/api/")) {
    requireMethod(request, "GET");
    const file = await files.answer(pathname);
    if (file) return file;
    throw new Refused(404, "The console has no such page.");
  }
  if (!token.isIn(request.headers.authorization)) {
    throw new Refused(401, "Open the address that the terminal printed: it has this run's token.");
  }
  if (pathname === "/api/stream") {
    requireMethod(request, "GET");
    feed.open(response, wholeParameter(query, "after"));
    return undefined;
  }
  const route = routeOf(request, pathname);
  return route({ request, query, source });
}

function routeOf(request: IncomingMessage, pathname: string): Route {
  const read = own(reads, pathname);
  const change = own(changes, pathname);
  if (read) requireMethod(request, "GET");
  if (change) requireMethod(request, "POST");
  const route = read ?? change;
  if (route) return route;
  throw new Refused(404, "The console has no such answer.");
}

function own(routes: Readonly<Record<string, Route>>, pathname: string): Route | undefined {
  return Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
}

function requireMethod({ method }: IncomingMessage, allowed: "GET" | "POST"): void {
  if (method === allowed) return;
  throw new Refused(405, `The method must be ${allowed}, got ${method}.`, { allow: allowed });
}

function sendRefusal(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const shown = refusalOf(error);
  send(response, shown);
}

function refusalOf(error: unknown): Answer {
  if (error instanceof Refused) {
    return { ...json({ error: error.message }, error.status), headers: error.headers };
  }
  if (error instanceof NotRight) return json({ error: error.message, fields: error.fields }, 400);
  if (error instanceof UsageError) return json({ error: error.message }, 400);
  return json({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }, 500);
}
