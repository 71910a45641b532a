// A record of a batch with the message in it, or with the reason why it holds none.
import type { SQSRecord } from "aws-lambda";
import { Park } from "../core/outcome.ts";
import { type Envelope, readEnvelope } from "../envelope/envelope.ts";
import type { SqsMessage } from "./delivery.ts";

export interface Received {
  readonly record: SQSRecord;
  readonly envelope: Envelope | Park;
}

export function receive(record: SQSRecord): Received {
  try {
    return { record, envelope: readEnvelope(record.body, { sentMs: sentMsOf(record) }) };
  } catch (error) {
    if (error instanceof Park) return { record, envelope: error };
    throw error;
  }
}

/** When SQS took it: a redrive sends anew. */
function sentMsOf({ attributes }: SQSRecord): number {
  return Number(attributes.SentTimestamp);
}

export function sqsMessageOf(record: SQSRecord): SqsMessage {
  return {
    body: record.body,
    attributes: Object.fromEntries(
      Object.entries(record.messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
    ),
    queueName: queueNameOf(record),
    receiveCount: receiveCountOf(record),
    past: pastOf(record),
  };
}

export function queueNameOf(record: SQSRecord | undefined): string {
  const arn = record?.eventSourceARN ?? "";
  return arn.slice(arn.lastIndexOf(":") + 1);
}

/** 1 on the first delivery. */
export function receiveCountOf(record: SQSRecord): number {
  return Number(record.attributes.ApproximateReceiveCount);
}

export function isRedelivered(record: SQSRecord): boolean {
  return receiveCountOf(record) > 1;
}

/** What earlier receives came to, as far as it was noted (attempt-store.ts). */
export interface Past {
  /** Attempts: runs that failed, and runs alone of which nothing was heard. */
  readonly attempts: number;
  readonly waits: number;
  /** Of one that waits in a line. */
  readonly line?: QueuePosition | undefined;
  /** What the receive before this one kept for it (`RetryLater.kept`). */
  readonly kept?: Readonly<Record<string, number>> | undefined;
}

export interface QueuePosition {
  /** How many were in front of it when it came first, and when that was, in ms since the epoch. */
  readonly firstAhead: number;
  readonly firstMs: number;
  /** How many were, last. */
  readonly ahead: number;
}

const pasts = new WeakMap<SQSRecord, Past>();
const noPast: Past = { attempts: 0, waits: 0 };

export function pastOf(record: SQSRecord): Past {
  return pasts.get(record) ?? noPast;
}

export function setPast(record: SQSRecord, past: Past): void {
  pasts.set(record, past);
}

/** 1 for the first. A receive is none by itself: it may have been throttled, or have waited. */
export function attemptOf(record: SQSRecord): number {
  return pastOf(record).attempts + 1;
}
