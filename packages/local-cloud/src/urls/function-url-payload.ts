// HTTP request → event, function response → HTTP response: payload format 2.0.
//
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads

import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { LambdaFunctionURLEvent } from "aws-lambda";
import { type InvocationResult, THROTTLED } from "../model/invocation.ts";
import type { MatchedRoute } from "./http-api.ts";

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export function functionUrlEvent(options: {
  readonly request: IncomingMessage;
  /** The first label of the URL's host name in AWS. */
  readonly id: string;
  /** Behind the id, with its leading slash. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly body: Buffer;
  /** Of an HTTP API, whose events have the same form. */
  readonly matched?: MatchedRoute;
}): LambdaFunctionURLEvent {
  const { request, id, path, query, body, matched } = options;
  const routeKey = matched?.route.routeKey ?? "$default";
  const pathParameters = matched?.pathParameters ?? {};
  const { cookie, ...headers } = joined(request.headersDistinct);
  const now = new Date();
  const isBase64Encoded = body.length > 0 && !isText(request.headers["content-type"]);
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split(/[;,] */) }),
    headers,
    ...(query && { queryStringParameters: joined(parametersOf(query)) }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      accountId: "anonymous",
      apiId: id,
      domainName: headers.host ?? "",
      domainPrefix: id,
      http: {
        method: request.method ?? "GET",
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? "base64" : "utf8") }),
    isBase64Encoded,
  };
}

/** A response with a `statusCode` is the HTTP response; any other is the body of a 200. A function that failed is a 502. */
export function answerOf({ outcome, response, error }: InvocationResult): HttpAnswer {
  if (error?.type === THROTTLED) return { ...failed(), statusCode: 429, body: Buffer.from("Rate Exceeded") };
  if (outcome !== "ok") return failed();
  if (typeof response !== "object" || response === null || !("statusCode" in response)) {
    return {
      statusCode: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(response ?? null)),
    };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = response as Record<string, unknown>;
  const code = Number(statusCode);
  if (!Number.isInteger(code) || code < 200 || code > 599) return failed();
  return {
    statusCode: code,
    headers: {
      "content-type": "application/json",
      ...lowerCased(headers),
      ...(Array.isArray(cookies) && { "set-cookie": cookies.map(String) }),
    },
    body: body === undefined || body === null ? Buffer.alloc(0) : bytesOf(body, isBase64Encoded === true),
  };
}

function failed(): HttpAnswer {
  return {
    statusCode: 502,
    headers: { "content-type": "text/plain" },
    body: Buffer.from("Internal Server Error"),
  };
}

function bytesOf(body: unknown, isBase64Encoded: boolean): Buffer {
  if (typeof body !== "string") return Buffer.from(JSON.stringify(body));
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

function isText(contentType = "text/plain"): boolean {
  return /^text\/|[/+](json|xml|javascript)\b/i.test(contentType);
}

/** Several values of one name travel as one, with commas between. */
function joined(values: NodeJS.Dict<string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, all = []]) => [name, all.join(",")]));
}

function parametersOf(query: string): Record<string, string[]> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}

/** Left to Node: how long the body is and how it travels. */
function lowerCased(headers: unknown): Record<string, string> {
  const ofTheConnection = ["content-length", "transfer-encoding", "connection"];
  return Object.fromEntries(
    Object.entries(typeof headers === "object" && headers ? headers : {})
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name]) => !ofTheConnection.includes(name)),
  );
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(now: Date): string {
  const [, day, month, year, time] = now.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
