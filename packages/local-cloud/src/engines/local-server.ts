// Every HTTP server of the local cloud listens here: on 127.0.0.1 only, for programs of this machine, never for a web page.
//
//   A page of any site can send requests to 127.0.0.1 from the browser that shows it. A browser always says so:
//   a request to another origin has `Origin` or `Sec-Fetch-Site`, which no page can set or leave out. A page that
//   makes its own host name resolve to 127.0.0.1 (DNS rebinding) is not another origin; its requests name that host.
//   So these are refused before anything is read, preflights too, and no refusal carries a CORS grant.
//
// https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site

import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type PortFlag, PortInUse } from "../model/port-in-use.ts";

export const LOOPBACK = "127.0.0.1";

const HOSTS = [LOOPBACK, "localhost"];
const HEADERS_OF_BROWSERS = ["origin", "sec-fetch-site", "access-control-request-method"];

/**
 * Listens on 127.0.0.1 and returns the origin, `http://127.0.0.1:PORT`. Port absent or 0: a free one.
 * @throws PortInUse for a given port that is taken
 */
export async function listenLocally(
  server: Server,
  { port = 0, flag = "port", listener = "a server" }: Partial<PortFlag> = {},
): Promise<string> {
  refuseWebPages(server);
  server.listen(port, LOOPBACK);
  await once(server, "listening").catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new PortInUse({ port, flag, listener, cause });
  });
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

/** Puts the refusal before whatever the server does with a request. */
export function refuseWebPages(server: Server): void {
  const listeners = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const reason = whyRefused(request);
    if (reason !== undefined) refuse(request, response, reason);
    else for (const listener of listeners) listener.call(server, request, response);
  });
}

/** Undefined for a request of a program that names this machine. */
function whyRefused({ headers, url = "" }: IncomingMessage): string | undefined {
  const given = HEADERS_OF_BROWSERS.find((name) => headers[name] !== undefined);
  if (given) return `a request with the header ${given} comes from a web page`;
  const host = headers.host?.replace(/:\d+$/, "").toLowerCase() ?? "";
  if (!HOSTS.includes(host)) return `the Host must be ${HOSTS.join(" or ")}, got ${JSON.stringify(host)}`;
  if (!url.startsWith("/")) return "the request line must name a path, not another host";
  return undefined;
}

function refuse(request: IncomingMessage, response: ServerResponse, reason: string): void {
  request.resume();
  const Message = `The local cloud only answers programs on this machine: ${reason}.`;
  response
    .writeHead(403, { "content-type": "application/json", connection: "close" })
    .end(JSON.stringify({ Message }));
}
