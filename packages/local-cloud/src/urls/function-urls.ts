// Function URLs: one HTTP server on 127.0.0.1, a path prefix for each URL: http://127.0.0.1:PORT/<id>/
//
//   It listens before anything is provisioned, because templates refer to the URLs. A request to a function that does not
//   exist yet, or not at all, gets a 404 that names the existing functions.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenLocally } from "../engines/local-server.ts";
import { type Invoke, PAYLOAD_BYTES_MAX } from "../model/invocation.ts";
import type { FunctionUrl, HttpApi } from "../model/model.ts";
import { answerOf, functionUrlEvent, type HttpAnswer } from "./function-url-payload.ts";
import { matchRoute } from "./http-api.ts";

export interface FunctionUrls {
  /** The URL for a construct path, with a trailing slash; the same path gets the same URL. */
  urlFor(path: string): string;
  /** From now on requests reach their functions. */
  serve(
    served: { readonly functionUrls: readonly FunctionUrl[]; readonly httpApis: readonly HttpApi[] },
    invoke: Invoke,
  ): void;
  /** Accepts no more requests and waits a moment for those in progress. */
  stop(): Promise<void>;
}

/** What a function, or the API before it, answered. */
export interface AnsweredRequest {
  readonly url: string;
  /** `Idempotency-Key` */
  readonly key: string | undefined;
  readonly answer: HttpAnswer;
}

const STOP_MS_MAX = 3_000;

type Route = (FunctionUrl | HttpApi) & { readonly invoke: Invoke };

/** Port absent or 0: a free one. Throws `PortInUse` for a given port that is taken. */
export async function startFunctionUrls({
  port = 0,
  onAnswer = () => undefined,
}: {
  readonly port?: number;
  readonly onAnswer?: ((answered: AnsweredRequest) => void) | undefined;
} = {}): Promise<FunctionUrls> {
  const ids = new Map<string, string>();
  const routes = new Map<string, Route>();
  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): HttpAnswer => problem(502, `Internal Server Error: ${error}`))
      .then((answered) => {
        response.shouldKeepAlive = server.listening; // a stop waits for connections, so none is kept then
        send(response, answered);
      });
  });
  const origin = await listenLocally(server, { port, flag: "--port", listener: "the function URLs" });

  async function answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { pathname, search } = new URL(origin + request.url);
    const [, id = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(pathname) ?? [];
    const route = routes.get(id);
    if (!route) {
      const urls = [...routes.values()].map(({ url }) => url).join(", ") || "none yet";
      return problem(404, `There is no function URL at ${pathname}; there are: ${urls}`);
    }
    const body = await bodyOf(request);
    if (!body)
      return problem(
        413,
        `Request must be smaller than ${PAYLOAD_BYTES_MAX} bytes for the InvokeFunction operation`,
      );
    const path = rest || "/";
    const call = { request, id, path, query: search.slice(1), body };
    const answered =
      "routes" in route
        ? await answerOfApi(route, call)
        : answerOf(await route.invoke(route.functionArn, functionUrlEvent(call)));
    onAnswer({ url: route.url, key: request.headersDistinct["idempotency-key"]?.[0], answer: answered });
    return answered;
  }

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    server.close();
    const impatience = setTimeout(() => server.closeAllConnections(), STOP_MS_MAX);
    await once(server, "close");
    clearTimeout(impatience);
  }

  return {
    urlFor(path) {
      const id = ids.get(path) ?? unusedId(path, new Set(ids.values()));
      ids.set(path, id);
      return `${origin}/${id}/`;
    },
    serve({ functionUrls, httpApis }, invoke) {
      for (const url of [...functionUrls, ...httpApis])
        routes.set(new URL(url.url).pathname.split("/")[1] ?? "", { ...url, invoke });
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** As API Gateway says it. */
async function answerOfApi(
  { routes, invoke }: HttpApi & { readonly invoke: Invoke },
  call: Parameters<typeof functionUrlEvent>[0],
): Promise<HttpAnswer> {
  const matched = matchRoute(routes, { method: call.request.method ?? "GET", path: call.path });
  if (!matched) return json(404, { message: "Not Found" });
  const result = await invoke(matched.route.functionArn, functionUrlEvent({ ...call, matched }));
  return result.outcome === "ok" ? answerOf(result) : json(500, { message: "Internal Server Error" });
}

/** `Orders/PlaceOrder/FunctionUrl` → `orders-placeorder-functionurl` */
function unusedId(path: string, used: ReadonlySet<string>): string {
  const slug =
    path
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "") || "function";
  for (let number = 1; ; number++) {
    const id = number === 1 ? slug : `${slug}-${number}`;
    if (!used.has(id)) return id;
  }
}

/** Undefined when it is larger than an invocation may be; the rest is read and thrown away, so the client gets its answer. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= PAYLOAD_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= PAYLOAD_BYTES_MAX ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { statusCode, headers, body }: HttpAnswer): void {
  response.writeHead(statusCode, { ...headers, "content-length": body.length }).end(body);
}

function problem(statusCode: number, Message: string): HttpAnswer {
  return json(statusCode, { Message });
}

function json(statusCode: number, body: object): HttpAnswer {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify(body)),
  };
}
