// Queue → dead-letter queue: a record with the reason why it cannot be processed. Loaded with the first that is parked.
//
//   G6. Every message that SQS can hold can be parked: whole, with as much of the reason as there is room for; else as a
//   stub, whose message is in S3; else, without a bucket, as it came, and the reason is in the log.
import { SendMessageCommand, type SendMessageCommandInput } from "@aws-sdk/client-sqs";
import type { SQSRecord } from "aws-lambda";
import { permanentReason } from "../aws/permanent.ts";
import { sqs } from "../aws/sqs-client.ts";
import { queueNameOf, receiveCountOf } from "../commit/received.ts";
import { nowIso } from "../core/clock.ts";
import { errorCodeOf } from "../core/error-code.ts";
import type { Park } from "../core/outcome.ts";
import { readEnvelope } from "../envelope/envelope.ts";
import { isFifo } from "../envelope/message-group.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { log } from "../observe/log.ts";
import { readTraceparent, traceOf, traceparentOf } from "../observe/trace.ts";
import {
  type Attributes,
  asSent,
  deadLetterAttributes,
  type ParkAttributes,
  parkedBodyName,
  traceName,
  withoutPark,
} from "./park-attributes.ts";

export type ParkForm = "whole" | "stub" | "bare";

/** SQS allows more; an operator reads no more. Characters. */
const detailLengthMax = 500;
const codeLengthMax = 100;
const traceLengthMax = 500;

/** @param isLast what cannot be parked with its reason now is parked without it */
export async function parkRecord(
  queue: Subscription,
  record: SQSRecord,
  reason: Park,
  { isLast }: { readonly isLast: boolean },
): Promise<ParkForm> {
  const park = parkAttributes(queue, record, reason);
  const whole = deadLetterAttributes(park, record.messageAttributes, {
    bodyBytes: Buffer.byteLength(record.body),
    hasGivenIds: queue.hasGivenIds,
  });
  if (whole && (await isTaken(record.body, whole))) return "whole";
  const stub = await stubOf(record, park, { isLast });
  if (stub && (await isTaken(stub.body, stub.attributes))) return "stub";
  await send(record.body, withoutPark(asSent(record.messageAttributes)));
  return "bare";

  /** False when SQS refuses it for what it is: its dead-letter queue may take less than the queue does. */
  async function isTaken(body: string, attributes: Attributes): Promise<boolean> {
    try {
      await send(body, attributes);
      return true;
    } catch (error) {
      if (permanentReason(error)?.code !== "REQUEST_REFUSED") throw error;
      log("warn", "PARK_REFUSED", { consumer: queue.consumer, errorCode: errorCodeOf(error) });
      return false;
    }
  }

  async function send(MessageBody: string, attributes: Attributes): Promise<void> {
    const { deadLetterQueueUrl: QueueUrl } = queue;
    const MessageAttributes = { ...attributes };
    await sqs().send(
      new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes, ...groupFields(QueueUrl, record) }),
    );
  }
}

function groupFields(queueUrl: string, record: SQSRecord): Partial<SendMessageCommandInput> {
  if (!isFifo(queueUrl)) return {};
  return {
    MessageGroupId: record.attributes.MessageGroupId,
    MessageDeduplicationId: record.messageId, // parked again before it was acknowledged: one dead letter
  };
}

/** Undefined where there is no bucket, or when the bucket does not take it and this was its last attempt. */
async function stubOf(record: SQSRecord, park: ParkAttributes, { isLast }: { isLast: boolean }) {
  const bucket = process.env.PARKED_BUCKET;
  if (!bucket) return undefined;
  const { body } = record;
  const { storeParked, stubBody } = await import("./parked-body.ts");
  try {
    const message = { body, attributes: asSent(record.messageAttributes) };
    const reference = await storeParked({ bucket, queueName: queueNameOf(record) }, message);
    const attributes = { ...park, [parkedBodyName]: { DataType: "String", StringValue: reference } };
    return { body: stubBody({ reference, bytes: Buffer.byteLength(body) }), attributes };
  } catch (error) {
    log("error", "PARKED_BODY_NOT_STORED", { errorCode: errorCodeOf(error) });
    if (!isLast && permanentReason(error) === undefined) throw error;
    return undefined;
  }
}

function parkAttributes(queue: Subscription, record: SQSRecord, reason: Park): ParkAttributes {
  const trace = traceFor(record);
  return {
    ReasonCode: text(reason.code, codeLengthMax),
    ReasonDetail: text(reason.detail, detailLengthMax),
    Consumer: text(queue.consumer, codeLengthMax),
    ReceiveCount: { DataType: "Number", StringValue: String(receiveCountOf(record) || 1) },
    FirstReceivedAt: text(firstReceivedAt(record)),
    ParkedAt: text(nowIso()),
    OriginalMessageId: text(record.messageId),
    SourceQueueUrl: text(queue.queueUrl),
    ...(trace && { [traceName]: text(trace, traceLengthMax) }),
  };
}

/** A text that SQS takes: printable, and not empty. */
function text(value: string, lengthMax = detailLengthMax) {
  const printable = value.replace(/[^\x20-\x7e]/g, "?").slice(0, lengthMax);
  return { DataType: "String", StringValue: printable || "-" };
}

function firstReceivedAt({ attributes: { ApproximateFirstReceiveTimestamp } }: SQSRecord): string {
  const ms = Number(ApproximateFirstReceiveTimestamp);
  return Number.isFinite(ms) ? new Date(ms).toISOString() : nowIso();
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
