// What is a wait and what is an attempt. An attempt: the handler ran and failed, or took its process with it. A wait:
// nothing was tried that could have failed because of the message. The kit's own errors say it themselves
// (`RetryLater.waited`); here is what others throw.
import { RetryLater } from "./outcome.ts";

/** AWS refuses for being asked too often, or for meeting another request: whoever asks later gets an answer. */
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
