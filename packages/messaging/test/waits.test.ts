import { describe, expect, it } from "vitest";
import { Park, RetryLater } from "../src/core/outcome.ts";
import { isWait } from "../src/core/waits.ts";

describe("a refusal for now", () => {
  it.each([
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionConflictException",
    "TransactionInProgressException",
  ])("G6: uses up no attempt: %s", (name) => {
    expect(isWait(Object.assign(new Error("not now"), { name }))).toBe(true);
    expect(isWait({ name })).toBe(false); // nothing that AWS threw
  });

  it("G6: any other error does, unless it says that the message only waited", () => {
    expect(isWait(new Error("no"))).toBe(false);
    expect(isWait(new Park("ANY", "no"))).toBe(false);
    expect(isWait(new RetryLater("ANY"))).toBe(false);
    expect(isWait(new RetryLater("ANY", undefined, { waited: true }))).toBe(true);
  });
});
