// What a dead letter carries beside its body: why it was parked, and the attributes that it came with, among
// them its signature, so that a redriven message is the one that was sent.
//
//   G6. Park and redrive lose nothing of a message.
//   G7. A redriven message still proves who wrote it.
//
// SQS takes ten attributes and eight are ours. The trace comes ninth, when there is room: the body has it, too.
// What a message came with and finds no room goes into one attribute, folded as JSON.
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { SQSMessageAttributes } from "aws-lambda";
import { asciiJson } from "./envelope.ts";

export type Attributes = Readonly<Record<string, MessageAttributeValue>>;

/** The W3C trace context of the message, or what SQS carried of X-Ray's. */
export const traceName = "TraceContext";

/** What parking adds to each message, and a redrive takes off again. */
export const parkAttributeNames = [
  "ReasonCode",
  "ReasonDetail",
  "Consumer",
  "ReceiveCount",
  "FirstReceivedAt",
  "ParkedAt",
  "OriginalMessageId",
  "SourceQueueUrl",
] as const;

export type ParkAttributes = Readonly<Record<(typeof parkAttributeNames)[number], MessageAttributeValue>> & {
  readonly [traceName]?: MessageAttributeValue;
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
const attributesMax = 10;
const foldedName = "OriginalAttributes";
/** Never folded: a redrive by other means than ours (the console's) brings it back as it was. */
const signatureName = "Signature";

/** The attributes of a dead letter: those of the park and those it came with, at most ten. */
export function deadLetterAttributes(park: ParkAttributes, received: SQSMessageAttributes): Attributes {
  const original = originalAttributes(asSent(received));
  const { [traceName]: trace, ...told } = park;
  const room = attributesMax - parkAttributeNames.length - Object.keys(original).length;
  if (room > 0) return { ...original, ...told, ...(trace && { [traceName]: trace }) };
  if (room === 0) return { ...original, ...told };
  const { [signatureName]: signature, ...others } = original;
  return { ...(signature && { [signatureName]: signature }), [foldedName]: folded(others), ...told };
}

/** The attributes that a message had before it was parked, be it never or more than once. */
export function originalAttributes(attributes: Attributes): Attributes {
  const own: ReadonlySet<string> = new Set([...parkAttributeNames, traceName, foldedName]);
  const beside = Object.entries(attributes).filter(([name]) => !own.has(name));
  return { ...unfolded(attributes[foldedName]), ...Object.fromEntries(beside) };
}

/** Lambda's form of attributes as SendMessage takes them. */
function asSent(received: SQSMessageAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(received).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      binaryValue === undefined || binaryValue === null
        ? { DataType: dataType, StringValue: stringValue }
        : { DataType: dataType, BinaryValue: Buffer.from(binaryValue, "base64") },
    ]),
  );
}

function folded(attributes: Attributes): MessageAttributeValue {
  const entries = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    DataType,
    BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString("base64"),
  ]);
  return { DataType: "String", StringValue: asciiJson(entries) };
}

function unfolded(attribute: MessageAttributeValue | undefined): Attributes {
  const entries = listIn(attribute?.StringValue).filter(isEntry);
  return Object.fromEntries(
    entries.map(([name, type, value]) => [
      name,
      type.startsWith("Binary")
        ? { DataType: type, BinaryValue: Buffer.from(value, "base64") }
        : { DataType: type, StringValue: value },
    ]),
  );
}

function listIn(json: string | undefined): unknown[] {
  try {
    const value: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // a sender's own attribute of this name, which is not ours to read
  }
}

function isEntry(value: unknown): value is [name: string, type: string, value: string] {
  return Array.isArray(value) && value.length === 3 && value.every((part) => typeof part === "string");
}
