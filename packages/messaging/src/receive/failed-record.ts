// Settles a failed record: it is redelivered later, or parked with its reason. Loaded with the first failure; if it
// cannot be loaded, the record returns to its queue all the same.
//
//   G6. After its last attempt, or when it can never succeed, a message is parked with its reason.
//   G11. Every retry has a delay and every message a last retry (next-try.ts).
import type { SQSRecord } from "aws-lambda";
import { permanentReason } from "../aws/permanent.ts";
import { changeVisibility } from "../aws/sqs-batch.ts";
import { sqs } from "../aws/sqs-client.ts";
import { attemptOf, receiveCountOf } from "../commit/received.ts";
import { errorCodeOf, placeOf } from "../core/error-code.ts";
import { metricNames } from "../core/metric-names.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { log } from "../observe/log.ts";
import { highest } from "../observe/metrics.ts";
import { attemptStore } from "./attempt-store.ts";
import { nextTry, type Try } from "./next-try.ts";
import type { Failure } from "./queue-order.ts";

/** Parks the record (true: the queue may forget it) or leaves it to a later receive (false). */
export async function settleFailure(
  queue: Subscription,
  record: SQSRecord,
  error: unknown,
  { beforePark, behind = [] }: Failure,
): Promise<boolean> {
  const permanent = permanentReason(error);
  const next = permanent ?? (await nextTry(queue, record, error));
  if (!(next instanceof Park)) {
    const store = attemptStore({ table: queue.evidenceTable });
    if (error instanceof RunUnfinished) {
      // Its visibility timeout decides: it may still be running.
      log("warn", "UNFINISHED", { ...fieldsOf(queue, record), ranMs: error.ranMs });
      await store.note(record, "alone");
      return false;
    }
    await delay(queue, [record, ...behind], error, next);
    await store.note(
      record,
      next.waited ? "waited" : "failed",
      error instanceof RetryLater ? error : undefined,
    );
    return false;
  }
  await beforePark?.(next);
  const { parkRecord } = await import("./park-record.ts");
  const isLast = permanent === undefined || attemptOf(record) >= queue.attemptsMax;
  const form = await parkRecord(queue, record, next, { isLast });
  const { code: reasonCode, detail: reasonDetail } = next;
  const how = form === "whole" ? {} : { form };
  log("warn", "PARKED", { ...fieldsOf(queue, record), reasonCode, reasonDetail, ...how });
  return true;
}

class RunUnfinished extends RetryLater {
  readonly ranMs: number;

  constructor(ranMs: number) {
    const detail = `the last run was still running after ${ranMs} ms, at the invocation's deadline`;
    super("UNFINISHED", undefined, { lastly: new Park("RUN_UNFINISHED", detail) });
    this.ranMs = ranMs;
  }
}

/** What a run failed by that had not ended at its deadline. */
export function runUnfinished(ranMs: number): RetryLater {
  return new RunUnfinished(ranMs);
}

/** Hides the records for the delay, and says for how long: what SQS refuses was not set. */
async function delay(
  queue: Subscription,
  records: readonly [SQSRecord, ...SQSRecord[]],
  error: unknown,
  { retryAfterSeconds, waited, waitedSeconds }: Try,
): Promise<void> {
  if (waited) highest(metricNames.waitedSeconds, waitedSeconds);
  const fields = fieldsOf(queue, records[0]);
  const wanted = records.map(({ receiptHandle }) => ({ receiptHandle, seconds: retryAfterSeconds }));
  const refused = await changeVisibility(sqs(), queue.queueUrl, wanted);
  const failure = { errorCode: errorCodeOf(error), at: placeOf(error), ...(waited && { waitedSeconds }) };
  const isSet = refused.length < records.length;
  log("warn", "RETRY_LATER", { ...fields, ...failure, ...(isSet && { retryAfterSeconds }) });
  // Q14: an expired receipt only means that the visibility timeout decides instead of the backoff.
  for (const [errorCode, { length }] of Map.groupBy(refused, ({ code }) => code))
    log("warn", "DELAY_FAILED", { ...fields, errorCode, records: length });
}

function fieldsOf({ consumer }: Subscription, record: SQSRecord) {
  return { consumer, receiveCount: receiveCountOf(record) };
}
