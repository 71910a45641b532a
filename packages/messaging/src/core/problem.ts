// The answer to a request that failed: problem details, with a code that a program can act on.
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

/** Codes about the request, whose details name what to correct. Of all others the caller hears no detail. */
const aboutRequest = new Map([
  ["NOT_JSON", 400],
  ["TOO_LARGE", 413],
  ["TOO_DEEP", 422],
  ["TOO_MANY_KEYS", 422],
  ["TOO_MANY_VALUES", 422],
  ["ARRAY_TOO_LONG", 422],
  ["KEY_FORBIDDEN", 422],
  ["NUMBER_INEXACT", 422],
  ["DATA_INVALID", 422],
]);

/** What the caller cannot change: the handler's own data, its code, its tables. The log says which. */
const ownFaults = new Set([
  "PUBLISH_INVALID",
  "RECEIPT_INVALID",
  "RECEIPT_TOO_LARGE",
  "TYPE_NOT_PUBLISHED",
  "VALUE_UNSTORABLE",
  "ATTRIBUTE_RESERVED",
  "RESOURCE_UNKNOWN",
  "REQUEST_REFUSED",
  "COMMIT_REFUSED",
  "INLINE_ONE_ITEM",
  "ITEM_TWICE",
  "TOO_MANY_WRITES",
  "NOT_AWAITED",
  "EFFECT_KEY_INVALID",
  "EFFECT_RESULT_INVALID",
  "EFFECT_RESULT_TOO_LARGE",
]);

/**
 * The problem that an outcome is to a caller. What went wrong inside stays inside: details of other codes name tables,
 * roles and accounts. A handler that has something to say to its caller throws a Problem.
 */
export function problemFor(error: unknown): Problem {
  if (error instanceof Park) return refusalOf(error);
  if (error instanceof RetryLater) {
    const headers = { "retry-after": String(error.retryAfterSeconds ?? defaultRetryAfterSeconds) };
    const [code, status] = inProgressCodes.has(error.code)
      ? (["IN_PROGRESS", 409] as const)
      : ([error.code, 503] as const);
    return new Problem(code, status, "send the same request with the same Idempotency-Key again", headers);
  }
  // The outcome may be unknown (a commit whose response was lost): the same key finds out.
  return new Problem("INTERNAL", 500, "send the same request with the same Idempotency-Key again");
}

function refusalOf({ code, detail }: Park): Problem {
  const status = aboutRequest.get(code);
  if (status !== undefined) return new Problem(code, status, detail);
  if (code === "ID_REUSED") {
    return new Problem(code, 422, "the Idempotency-Key was used before with another body");
  }
  if (ownFaults.has(code)) {
    return new Problem("INTERNAL", 500, "nothing was done; repeating the request gives the same result");
  }
  return new Problem(code, 422, "nothing was done; repeating the request gives the same result");
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
