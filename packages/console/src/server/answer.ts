// Every answer of the console's server, with the headers that leave a browser nothing to decide.

import type { ServerResponse } from "node:http";

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Scripts, styles and requests of this origin, and nothing else. What a message says can never become code: no inline script, no
 * `eval`, and no text that the page turns into elements.
 *
 * https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

export function send(response: ServerResponse, { status, type, body, headers = {} }: Answer): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response
    .writeHead(status, {
      ...HEADERS,
      ...headers,
      "content-type": type,
      "content-length": bytes.byteLength,
    })
    .end(bytes);
}

/** An answer whose body comes piece by piece. */
export function begin(response: ServerResponse, type: string): void {
  response.writeHead(200, { ...HEADERS, "content-type": type });
  response.flushHeaders();
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: "application/json; charset=utf-8", body: JSON.stringify(value) };
}

/** Ends a request with an answer that is no 200. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
