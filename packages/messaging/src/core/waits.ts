// Tells a wait from an attempt. An attempt: the handler ran and failed, or killed its process. A wait: nothing was
// tried that could have failed because of the message. The kit's own errors say which they are (`RetryLater.waited`);
// this file decides for all other errors.
import { RetryLater } from "./outcome.ts";

/** AWS throttles the request, or it conflicts with another one: the same request succeeds later. */
const refusedForNow = new Set([
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
]);

export function isWait(error: unknown): boolean {
  if (error instanceof RetryLater) return error.waited;
  return error instanceof Error && refusedForNow.has(error.name);
}
