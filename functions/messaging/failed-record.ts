// What becomes of a record that failed: it comes later, or it is parked with its reason. Loaded with the first failure;
// when that does not succeed, the record goes back to its queue all the same.
//
//   G6. After its last attempt, or when it can never succeed, a message is parked with its reason.
//   G11. Every retry has a delay and every message a last retry (next-try.ts).
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { nowIso } from "./clock.ts";
import { readEnvelope } from "./envelope.ts";
import { log } from "./log.ts";
import { isFifo } from "./message-group.ts";
import { metricNames } from "./metric-names.ts";
import { highest } from "./metrics.ts";
import { codeOf, nextTry, type Try } from "./next-try.ts";
import { Park, RetryLater } from "./outcome.ts";
import { deadLetterAttributes, traceName } from "./park-attributes.ts";
import type { Failure } from "./queue-order.ts";
import { receiveCountOf } from "./received.ts";
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
  { beforePark, behind = [] }: Failure,
): Promise<boolean> {
  const next = error instanceof Park ? error : await nextTry(queue, record, error);
  if (!(next instanceof Park)) {
    await delay(queue, [record, ...behind], error, next);
    await runLedger({ table: queue.evidenceTable }).note(record, next.waited ? "waited" : "failed");
    return false;
  }
  await beforePark?.(next);
  await park(queue, record, next);
  const { code: reasonCode, detail: reasonDetail } = next;
  log("warn", "PARKED", { ...fieldsOf(queue, record), reasonCode, reasonDetail });
  return true;
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
  { retryAfterSeconds, waited, waitedSeconds }: Try,
): Promise<void> {
  if (waited) highest(metricNames.waitedSeconds, waitedSeconds);
  const fields = fieldsOf(queue, records[0]);
  const wanted = records.map(({ receiptHandle }) => ({ receiptHandle, seconds: retryAfterSeconds }));
  const refused = await changeVisibility(sqs(), queue.queueUrl, wanted);
  const failure = { errorCode: codeOf(error), at: placeOf(error), ...(waited && { waitedSeconds }) };
  const isSet = refused.length < records.length;
  log("warn", "RETRY_LATER", { ...fields, ...failure, ...(isSet && { retryAfterSeconds }) });
  // Q14: an expired receipt only means that the visibility timeout decides instead of the backoff.
  for (const [errorCode, { length }] of Map.groupBy(refused, ({ code }) => code))
    log("warn", "DELAY_FAILED", { ...fields, errorCode, records: length });
}

function fieldsOf({ consumer }: Subscription, record: SQSRecord) {
  return { consumer, receiveCount: receiveCountOf(record) };
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
