// What becomes of a record that failed: it comes later, or it is parked with its reason. Loaded with the first failure;
// when that does not succeed, the record goes back to its queue all the same.
//
//   G6. On its last receive, or when it can never succeed, a message is parked with its reason.
//   G11. Every retry has a delay and every message a last retry.
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { nowIso } from "./clock.ts";
import { readEnvelope } from "./envelope.ts";
import { log } from "./log.ts";
import { isFifo } from "./message-group.ts";
import { Park, RetryLater } from "./outcome.ts";
import { deadLetterAttributes, traceName } from "./park-attributes.ts";
import type { Failure } from "./queue-order.ts";
import { receiveCountOf } from "./received.ts";
import { backoffSeconds, visibilitySeconds } from "./retry.ts";
import { runLedger } from "./run-ledger.ts";
import { changeVisibility } from "./sqs-batch.ts";
import { sqs } from "./sqs-client.ts";
import type { Subscription } from "./subscription.ts";
import { readTraceparent, traceOf, traceparentOf } from "./trace.ts";

/** SQS allows more; an operator reads no more. Characters. */
const detailLengthMax = 500;

/** Parks the record (true: the queue may forget it) or leaves it to a later receive (false). */
export async function settleFailure(
  queue: Subscription,
  record: SQSRecord,
  error: unknown,
  { attempt = receiveCountOf(record), beforePark, behind = [] }: Failure,
): Promise<boolean> {
  const reason = error instanceof Park ? error : exhausted(queue, error, attempt);
  if (reason === undefined) {
    await delay(queue, [record, ...behind], error, attempt);
    await runLedger({ table: queue.evidenceTable }).note(record, "ended");
    return false;
  }
  await beforePark?.(reason);
  await park(queue, record, reason);
  const { code: reasonCode, detail: reasonDetail } = reason;
  log("warn", "PARKED", { ...fieldsOf(queue, record), reasonCode, reasonDetail });
  return true;
}

function exhausted({ attemptsMax }: Subscription, error: unknown, attempt: number): Park | undefined {
  if (attempt < attemptsMax) return undefined;
  if (error instanceof RetryLater && error.lastly) return error.lastly;
  return new Park("RETRIES_EXHAUSTED", `${attempt} receives, last error ${codeOf(error)}`, { cause: error });
}

async function park(queue: Subscription, record: SQSRecord, reason: Park): Promise<void> {
  const text = (value: string) => ({ DataType: "String", StringValue: value });
  const trace = traceFor(record);
  await sqs().send(
    new SendMessageCommand({
      QueueUrl: queue.deadLetterQueueUrl,
      MessageBody: record.body,
      ...(isFifo(queue.deadLetterQueueUrl) && {
        MessageGroupId: record.attributes.MessageGroupId,
        MessageDeduplicationId: record.messageId, // parked again before it was acknowledged: one dead letter
      }),
      MessageAttributes: deadLetterAttributes(
        {
          ReasonCode: text(reason.code),
          ReasonDetail: text(printable(reason.detail)),
          Consumer: text(queue.consumer),
          ReceiveCount: { DataType: "Number", StringValue: String(receiveCountOf(record)) },
          FirstReceivedAt: text(
            new Date(Number(record.attributes.ApproximateFirstReceiveTimestamp)).toISOString(),
          ),
          ParkedAt: text(nowIso()),
          OriginalMessageId: text(record.messageId),
          SourceQueueUrl: text(queue.queueUrl),
          ...(trace && { [traceName]: text(printable(trace)) }),
        },
        record.messageAttributes,
      ),
    }),
  );
}

/** Hides the records for the delay, and says for how long: what SQS refuses was not set. */
async function delay(
  queue: Subscription,
  records: readonly [SQSRecord, ...SQSRecord[]],
  error: unknown,
  attempt: number,
): Promise<void> {
  const asked = error instanceof RetryLater ? error.retryAfterSeconds : undefined;
  const retryAfterSeconds = visibilitySeconds(asked) ?? backoffSeconds(attempt);
  const fields = fieldsOf(queue, records[0]);
  const wanted = records.map(({ receiptHandle }) => ({ receiptHandle, seconds: retryAfterSeconds }));
  const refused = await changeVisibility(sqs(), queue.queueUrl, wanted);
  const failure = { errorCode: codeOf(error), at: placeOf(error) };
  const isSet = refused.length < records.length;
  log("warn", "RETRY_LATER", { ...fields, ...failure, ...(isSet && { retryAfterSeconds }) });
  // Q14: an expired receipt only means that the visibility timeout decides instead of the backoff.
  for (const [errorCode, { length }] of Map.groupBy(refused, ({ code }) => code))
    log("warn", "DELAY_FAILED", { ...fields, errorCode, records: length });
}

function fieldsOf({ consumer }: Subscription, record: SQSRecord) {
  return { consumer, receiveCount: receiveCountOf(record) };
}

/** A code or a class name, never a message: messages of foreign errors may quote the payload (S10). */
function codeOf(error: unknown): string {
  if (error instanceof RetryLater || error instanceof Park) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

/** The first frames say enough, and a pattern that has to try each place takes the square of their length. Characters. */
const framesLengthMax = 2_000;

/** Where it was thrown: a file and a line tell the developer what the message may not. */
function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof RetryLater) return undefined;
  const { stack = "", message } = error;
  const begin = stack.indexOf(message);
  if (begin < 0) return undefined;
  const frames = stack.slice(begin + message.length).slice(0, framesLengthMax);
  return frames.match(/([^/\s(]+\/[^/\s(]+:\d+:\d+)\)?(\n|$)/)?.[1];
}

function traceFor({ body, attributes }: SQSRecord): string | undefined {
  try {
    const message = readEnvelope(body);
    const isOwn = readTraceparent(message.traceparent) === undefined; // what is no traceparent may be anything
    return (isOwn ? attributes.AWSTraceHeader : undefined) ?? traceparentOf(traceOf(message));
  } catch {
    return attributes.AWSTraceHeader; // it is no message of ours, which may be why it is parked
  }
}

function printable(detail: string): string {
  return detail.replace(/[^\x20-\x7e]/g, "?").slice(0, detailLengthMax) || "-";
}
