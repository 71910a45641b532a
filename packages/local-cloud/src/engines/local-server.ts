// Every HTTP server of the local cloud listens here: on 127.0.0.1 only, for programs of this machine, never for a web page.
//
//   A page of any site can send requests to 127.0.0.1 from the browser that shows it. A browser always says so:
//   a request to another origin has `Origin` or `Sec-Fetch-Site`, which no page can set or leave out. A page that
//   makes its own host name resolve to 127.0.0.1 (DNS rebinding) is not another origin; its requests name that host.
//   So these are refused before anything is read, preflights too, and no refusal carries a CORS grant.
//   A server that has a page of its own answers that page, which is of its own origin, and no other.
//
// https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site

import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type PortFlag, PortInUse } from "../model/port-in-use.ts";

export const LOOPBACK = "127.0.0.1";

const HOSTS = [LOOPBACK, "localhost"];
const HEADERS_OF_BROWSERS = ["origin", "sec-fetch-site", "access-control-request-method"];
/** Of a request by the server's own page, and of an address that a person typed. */
const OWN_SITE = ["same-origin", "none"];

export interface LocalServerOptions extends Partial<PortFlag> {
  /** The server has a page, which may ask it. */
  readonly ownPage?: boolean;
}

/**
 * Listens on 127.0.0.1 and returns the origin, `http://127.0.0.1:PORT`. Port absent or 0: a free one.
 * @throws PortInUse for a given port that is taken
 */
export async function listenLocally(
  server: Server,
  { port = 0, flag = "port", listener = "a server", ownPage = false }: LocalServerOptions = {},
): Promise<string> {
  refuseWebPages(server, ownPage);
  server.listen(port, LOOPBACK);
  await once(server, "listening").catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new PortInUse({ port, flag, listener, cause });
  });
  return `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
}

/** Puts the refusal before whatever the server does with a request. */
export function refuseWebPages(server: Server, ownPage = false): void {
  const listeners = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const reason = whyRefused(request, ownPage);
    if (reason !== undefined) refuse(request, response, reason);
    else for (const listener of listeners) listener.call(server, request, response);
  });
}

/** Undefined for a request of a program, or of the server's own page, that names this machine. */
function whyRefused(request: IncomingMessage, ownPage: boolean): string | undefined {
  const { headers, url = "" } = request;
  const given = HEADERS_OF_BROWSERS.find((name) => headers[name] !== undefined);
  if (given && !(ownPage && isOfOwnPage(request)))
    return `a request with the header ${given} comes from a web page`;
  const host = headers.host?.replace(/:\d+$/, "").toLowerCase() ?? "";
  if (!HOSTS.includes(host)) return `the Host must be ${HOSTS.join(" or ")}, got ${JSON.stringify(host)}`;
  if (!url.startsWith("/")) return "the request line must name a path, not another host";
  return undefined;
}

/** A page of another port of this machine is of another origin. */
function isOfOwnPage({ headers, socket }: IncomingMessage): boolean {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  const isOwnPort = host.endsWith(`:${socket.localPort}`);
  const isOwnOrigin = origin === undefined || (isOwnPort && origin === `http://${host}`);
  const isOwnSite = site === undefined || OWN_SITE.includes(String(site));
  return isOwnOrigin && isOwnSite && headers["access-control-request-method"] === undefined;
}

function refuse(request: IncomingMessage, response: ServerResponse, reason: string): void {
  request.resume();
  const Message = `The local cloud only answers programs on this machine: ${reason}.`;
  response
    .writeHead(403, { "content-type": "application/json", connection: "close" })
    .end(JSON.stringify({ Message }));
}
