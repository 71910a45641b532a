import { describe, expect, it } from "vitest";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { badRequest, problemFor, problemResponse } from "../src/core/problem.ts";

describe("an outcome is answered as a problem", () => {
  it.each([
    ["NOT_JSON", 400, "NOT_JSON", "as it is"],
    ["TOO_LARGE", 413, "TOO_LARGE", "as it is"],
    ["TOO_DEEP", 422, "TOO_DEEP", "as it is"],
    ["TOO_MANY_KEYS", 422, "TOO_MANY_KEYS", "as it is"],
    ["TOO_MANY_VALUES", 422, "TOO_MANY_VALUES", "as it is"],
    ["ARRAY_TOO_LONG", 422, "ARRAY_TOO_LONG", "as it is"],
    ["KEY_FORBIDDEN", 422, "KEY_FORBIDDEN", "as it is"],
    ["NUMBER_INEXACT", 422, "NUMBER_INEXACT", "as it is"],
    ["DATA_INVALID", 422, "DATA_INVALID", "as it is"],
    ["ID_REUSED", 422, "ID_REUSED", "the Idempotency-Key was used before with another body"],
    ["SOLD_OUT", 422, "SOLD_OUT", "nothing was done; repeating the request gives the same result"],
    ...[
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
    ].map(
      (code) =>
        [code, 500, "INTERNAL", "nothing was done; repeating the request gives the same result"] as const,
    ),
  ] as const)("a request parked as %s: %i %s", (code, status, title, detail) => {
    const problem = problemFor(new Park(code, "as it is"));
    expect(problem).toMatchObject({ status, code: title, detail, headers: {} });
  });

  it.each([
    ["IN_PROGRESS", 409, "IN_PROGRESS"],
    ["LEASE_HELD", 409, "IN_PROGRESS"],
    ["LEASE_LOST", 409, "IN_PROGRESS"],
    ["CONTENDED", 503, "CONTENDED"],
  ])("a request that waits as %s: %i %s", (code, status, title) => {
    const answered = {
      status,
      code: title,
      detail: "send the same request with the same Idempotency-Key again",
    };
    expect(problemFor(new RetryLater(code))).toMatchObject({ ...answered, headers: { "retry-after": "1" } });
    expect(problemFor(new RetryLater(code, 7))).toMatchObject({
      ...answered,
      headers: { "retry-after": "7" },
    });
  });

  it("S10: an error of nobody's says nothing of itself", () => {
    const problem = problemFor(new Error("secret"));
    expect(problem).toMatchObject({ status: 500, code: "INTERNAL", headers: {} });
    expect(JSON.stringify(problemResponse(problem))).not.toContain("secret");
  });

  it("is JSON of RFC 9457", () => {
    expect(problemResponse(badRequest("KEY_MISSING", "no key"))).toEqual({
      statusCode: 400,
      headers: { "content-type": "application/problem+json" },
      body: JSON.stringify({ type: "about:blank", title: "KEY_MISSING", status: 400, detail: "no key" }),
    });
    const waits = problemFor(new RetryLater("CONTENDED"));
    expect(problemResponse(waits).headers).toEqual({
      "content-type": "application/problem+json",
      "retry-after": "1",
    });
    expect(waits).toMatchObject({ name: "Problem", message: expect.stringMatching(/^CONTENDED: send/) });
  });
});
