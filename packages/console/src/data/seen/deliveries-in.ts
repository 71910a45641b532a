// The messages in the event that a function gets from a queue.

import type { SQSRecord } from "aws-lambda";
import { wordingOf } from "../dead-letters/identity.ts";
import { fieldsIn } from "./fields-in.ts";
import type { SeenFields } from "./message-index.ts";

export interface DeliveryIn {
  readonly fields: SeenFields;
  readonly record: SQSRecord;
  readonly queueArn: string;
  readonly sqsMessageId: string;
  readonly receiveCount: number;
  readonly sentMs?: number;
  readonly wording: string;
}

/** None for the event of a stream, a schedule or an endpoint; what is no envelope is left out. */
export function deliveriesIn(event: unknown): DeliveryIn[] {
  const { Records: records } = Object(event) as { Records?: unknown };
  if (!Array.isArray(records)) return [];
  return records.flatMap((record: SQSRecord) => {
    if (record.eventSource !== "aws:sqs") return [];
    const fields = fieldsIn(record.body);
    if (fields === undefined) return [];
    const sentMs = Number(record.attributes.SentTimestamp);
    return {
      fields,
      record,
      queueArn: record.eventSourceARN,
      sqsMessageId: record.messageId,
      wording: wordingOf(record.messageAttributes?.Signature?.stringValue, record.body),
      receiveCount: Number(record.attributes.ApproximateReceiveCount),
      ...(Number.isFinite(sentMs) && { sentMs }),
    };
  });
}
