// A consumer's place at its queue: how long it has, and what becomes of a record that failed.
//
//   G6. On its last receive, or when it can never succeed, a message is parked with its reason.
//   G11. Every retry has a delay and every message a last retry.
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Context, SQSRecord } from "aws-lambda";
import { sqs } from "./clients.ts";
import { nowIso, nowMs } from "./clock.ts";
import { readEnvelope } from "./envelope.ts";
import { environment, environmentNumber } from "./environment.ts";
import { log } from "./log.ts";
import { isFifo } from "./message-group.ts";
import { Park, RetryLater } from "./outcome.ts";
import { deadLetterAttributes, traceName } from "./park-attributes.ts";
import { backoffSeconds } from "./retry.ts";
import { batchEntriesMax } from "./send.ts";
import { readTraceparent, traceOf, traceparentOf } from "./trace.ts";

export interface Failure {
  /** Which attempt failed; by default how often the record was received. */
  readonly attempt?: number;
  /** Done before the record is parked for this reason; when it fails, nothing is parked. */
  readonly beforePark?: (reason: Park) => Promise<void>;
  /** Records that come back with this one and after it: a FIFO group is hidden as long as any of it is. */
  readonly behind?: readonly SQSRecord[];
}

export interface Subscription {
  readonly consumer: string;
  /** The attempt that is the last. */
  readonly attemptsMax: number;
  /** When the invocation must have answered, in ms since the epoch. */
  deadlineMs(context: Context): number;
  /** Deletes records now; a failure to delete is not fatal, the answer of the batch deletes them too. */
  forget(records: readonly SQSRecord[]): Promise<void>;
  /** Parks the record (true: the queue may forget it) or leaves it to a later receive (false). */
  fail(
    record: SQSRecord,
    error: unknown,
    fields: Readonly<Record<string, unknown>>,
    failure?: Failure,
  ): Promise<boolean>;
}

/** Kept back from the function's timeout to park, to delay and to answer. */
const answerMs = 500;
/** SQS allows more; an operator reads no more. Characters. */
const detailLengthMax = 500;

/** @throws Error naming the environment variable that is missing or out of range */
export function subscription(consumer: string): Subscription {
  const queueUrl = environment("QUEUE_URL");
  const deadLetterQueueUrl = environment("DEAD_LETTER_QUEUE_URL");
  const maxReceiveCount = environmentNumber("MAX_RECEIVE_COUNT", { min: 1, max: 1_000 });

  return {
    consumer,
    attemptsMax: maxReceiveCount,
    deadlineMs(context) {
      return nowMs() + Math.max(0, context.getRemainingTimeInMillis() - answerMs);
    },
    async forget(records) {
      for (let start = 0; start < records.length; start += batchEntriesMax) {
        const Entries = records
          .slice(start, start + batchEntriesMax)
          .map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
        try {
          await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
        } catch (error) {
          log("warn", "DELETE_FAILED", { consumer, records: Entries.length, errorCode: codeOf(error) });
        }
      }
    },
    async fail(record, error, fields, failure = {}) {
      const receiveCount = Number(record.attributes.ApproximateReceiveCount);
      const { attempt = receiveCount, beforePark, behind = [] } = failure;
      const reason = error instanceof Park ? error : exhausted(error, attempt);
      if (reason === undefined) {
        await delay([record, ...behind], error, attempt, fields);
        return false;
      }
      await beforePark?.(reason);
      await park(record, reason, receiveCount);
      log("warn", "PARKED", { ...fields, reasonCode: reason.code, reasonDetail: reason.detail });
      return true;
    },
  };

  function exhausted(error: unknown, attempt: number): Park | undefined {
    if (attempt < maxReceiveCount) return undefined;
    if (error instanceof RetryLater && error.lastly) return error.lastly;
    return new Park("RETRIES_EXHAUSTED", `${attempt} receives, last error ${codeOf(error)}`, {
      cause: error,
    });
  }

  async function park(record: SQSRecord, reason: Park, receiveCount: number): Promise<void> {
    const text = (value: string) => ({ DataType: "String", StringValue: value });
    const trace = traceFor(record);
    await sqs().send(
      new SendMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MessageBody: record.body,
        ...(isFifo(deadLetterQueueUrl) && {
          MessageGroupId: record.attributes.MessageGroupId,
          MessageDeduplicationId: record.messageId, // parked again before it was acknowledged: one dead letter
        }),
        MessageAttributes: deadLetterAttributes(
          {
            ReasonCode: text(reason.code),
            ReasonDetail: text(printable(reason.detail)),
            Consumer: text(consumer),
            ReceiveCount: { DataType: "Number", StringValue: String(receiveCount) },
            FirstReceivedAt: text(
              new Date(Number(record.attributes.ApproximateFirstReceiveTimestamp)).toISOString(),
            ),
            ParkedAt: text(nowIso()),
            OriginalMessageId: text(record.messageId),
            SourceQueueUrl: text(queueUrl),
            ...(trace && { [traceName]: text(printable(trace)) }),
          },
          record.messageAttributes,
        ),
      }),
    );
  }

  async function delay(
    records: readonly SQSRecord[],
    error: unknown,
    attempt: number,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const asked = error instanceof RetryLater ? error.retryAfterSeconds : undefined;
    const retryAfterSeconds = asked ?? backoffSeconds(attempt);
    log("warn", "RETRY_LATER", {
      ...fields,
      errorCode: codeOf(error),
      at: placeOf(error),
      retryAfterSeconds,
    });
    try {
      await sqs().send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: records.slice(0, batchEntriesMax).map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: retryAfterSeconds,
          })),
        }),
      );
    } catch (cause) {
      // Q14: an expired receipt only means that the visibility timeout decides instead of the backoff.
      log("warn", "DELAY_FAILED", { ...fields, errorCode: codeOf(cause) });
    }
  }
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
