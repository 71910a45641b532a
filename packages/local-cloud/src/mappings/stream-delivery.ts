// Delivers one batch of a shard to the function, in order, with as many attempts as it takes.
//
//   No record behind a failed one is delivered before that one succeeds or is discarded. A partial batch response is a
//   checkpoint: the failed record with the lowest sequence number and all behind it are delivered again. Records that are
//   too old, or whose retries are used up, are reported to the failure destination and discarded.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html

import type { DynamoDBRecord } from "aws-lambda";
import type { InvocationResult, Invoke } from "../model/invocation.ts";
import type { StreamMapping } from "../model/model.ts";
import { failedIdentifiers } from "./batch-response.ts";
import { waitUnlessStopped } from "./event-source.ts";
import { arrivalMs, sequenceNumberOf } from "./stream-record.ts";

export interface StreamFailure {
  readonly reason: "RetryAttemptsExhausted" | "RecordAgeExceeded";
  readonly records: readonly DynamoDBRecord[];
  readonly invocations: number;
  readonly lastResult?: InvocationResult;
}

/** A stream keeps its records for 24 hours. */
const STREAM_RETENTION_SECONDS = 24 * 60 * 60;
const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 5_000;

interface Attempt {
  readonly records: readonly DynamoDBRecord[];
  readonly retries: number;
  readonly invocations: number;
  readonly lastResult?: InvocationResult;
}

/** Resolves when each record is done or discarded; when stopped, the rest is left undone. */
export async function deliverInOrder(options: {
  readonly records: readonly DynamoDBRecord[];
  readonly mapping: StreamMapping;
  readonly invoke: Invoke;
  readonly signal: AbortSignal;
  readonly discard: (failure: StreamFailure) => Promise<void>;
}): Promise<void> {
  const { mapping, invoke, signal, discard } = options;
  const ahead: Attempt[] = [{ records: options.records, retries: 0, invocations: 0 }];
  while (!signal.aborted) {
    const next = ahead.shift();
    if (!next) return;
    const { tooOld, current } = byAge(next.records, mapping);
    if (tooOld.length > 0) await discard({ ...next, records: tooOld, reason: "RecordAgeExceeded" });
    if (current.length === 0) continue;

    const lastResult = await invoke(
      mapping.functionArn,
      { Records: current },
      { records: current.length, attempt: next.invocations + 1 },
    );
    if (signal.aborted) return;
    const checkpoint = checkpointOf(lastResult, current, mapping);
    if (checkpoint === current.length) continue;

    const undone = {
      ...next,
      records: current.slice(checkpoint),
      invocations: next.invocations + 1,
      lastResult,
    };
    const again = checkpoint > 0 ? [{ ...undone, retries: 0 }] : againOf(undone, mapping);
    if (again.length === 0) await discard({ ...undone, reason: "RetryAttemptsExhausted" });
    else await waitUnlessStopped(Math.min(PAUSE_MS_MAX, FIRST_PAUSE_MS * 2 ** next.retries), signal);
    ahead.unshift(...again);
  }
}

/** What to try after a failure that got no record further; nothing when the retries are used up. */
function againOf(failed: Attempt, mapping: StreamMapping): Attempt[] {
  const { bisectBatchOnFunctionError, maximumRetryAttempts } = mapping;
  if (bisectBatchOnFunctionError && failed.records.length > 1) return halves(failed); // a split is not a retry
  const isLast = maximumRetryAttempts >= 0 && failed.retries >= maximumRetryAttempts;
  return isLast ? [] : [{ ...failed, retries: failed.retries + 1 }];
}

/** How many records from the first on are done. */
function checkpointOf(
  { outcome, response }: InvocationResult,
  records: readonly DynamoDBRecord[],
  { reportBatchItemFailures }: StreamMapping,
): number {
  if (outcome !== "ok") return 0;
  const identifiers = records.map(sequenceNumberOf);
  const failed = failedIdentifiers({ response, identifiers, reportBatchItemFailures });
  const first = identifiers.findIndex((identifier) => failed.has(identifier)); // in order, so the lowest
  return first === -1 ? records.length : first;
}

function byAge(records: readonly DynamoDBRecord[], { maximumRecordAgeSeconds }: StreamMapping) {
  const seconds = maximumRecordAgeSeconds < 0 ? STREAM_RETENTION_SECONDS : maximumRecordAgeSeconds;
  const oldestMs = Date.now() - seconds * 1000;
  const firstCurrent = records.findIndex((record) => arrivalMs(record) >= oldestMs);
  const tooOld = firstCurrent === -1 ? records.length : firstCurrent;
  return { tooOld: records.slice(0, tooOld), current: records.slice(tooOld) };
}

function halves(attempt: Attempt): [Attempt, Attempt] {
  const middle = Math.ceil(attempt.records.length / 2);
  return [
    { ...attempt, records: attempt.records.slice(0, middle) },
    { ...attempt, records: attempt.records.slice(middle) },
  ];
}
