// What a caller is told when a request was not done: problem details, with a code a program can act on.
//
//   https://www.rfc-editor.org/rfc/rfc9457
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { Park, RetryLater } from "./outcome.ts";

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.headers = headers;
  }
}

export function badRequest(code: string, detail: string): Problem {
  return new Problem(code, 400, detail);
}

const defaultRetryAfterSeconds = 1;

/** Another request is at the same work, and its answer will be this one's. */
const inProgressCodes = new Set(["IN_PROGRESS", "LEASE_HELD", "LEASE_LOST"]);

/** What the caller cannot change: the handler's own data. The log says which. */
const ownFaults = new Set([
  "PUBLISH_INVALID",
  "RECEIPT_INVALID",
  "RECEIPT_TOO_LARGE",
  "TYPE_NOT_PUBLISHED",
  "ATTRIBUTE_INVALID",
  "ATTRIBUTE_RESERVED",
]);

/** The problem that an outcome is to a caller. What went wrong inside stays inside. */
export function problemFor(error: unknown): Problem {
  if (error instanceof Park && error.code === "NOT_JSON") return badRequest(error.code, error.detail);
  if (error instanceof Park && error.code === "TOO_LARGE") return new Problem(error.code, 413, error.detail);
  if (error instanceof Park && ownFaults.has(error.code)) {
    return new Problem("INTERNAL", 500, "nothing was done, and a repetition comes to the same");
  }
  if (error instanceof Park) return new Problem(error.code, 422, error.detail);
  if (error instanceof RetryLater) {
    const headers = { "retry-after": String(error.retryAfterSeconds ?? defaultRetryAfterSeconds) };
    if (inProgressCodes.has(error.code)) {
      return new Problem("IN_PROGRESS", 409, "ask again with the same Idempotency-Key", headers);
    }
    return new Problem(error.code, 503, "try again with the same Idempotency-Key", headers);
  }
  // The outcome may be unknown (a commit whose response was lost): the same key finds out.
  return new Problem("INTERNAL", 500, "try again with the same Idempotency-Key");
}

export function problemResponse({
  code,
  status,
  detail,
  headers,
}: Problem): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { "content-type": "application/problem+json", ...headers },
    body: JSON.stringify({ type: "about:blank", title: code, status, detail }),
  };
}
