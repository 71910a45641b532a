// Which errors of a handler are failures of the other side, when the breaker is not told.
import { RetryLater } from "../core/outcome.ts";

export function isFailureOfOtherSide(error: unknown): boolean {
  return error instanceof RetryLater && !ownCodes.has(error.code);
}

/** What the kit throws of its own: the other side has done nothing wrong. */
const ownCodes = new Set([
  "APPEND_UNCONFIRMED",
  "CLAIM_CHECK_UNAVAILABLE",
  "LEASE_LOST",
  "NOT_AWAITED",
  "RESULT_NOT_RECORDED",
  "RUN_NOT_ENDED",
  "STATUS_UNKNOWN",
  "UNIT_NOT_COMMITTED",
]);
