// The attributes of a dead letter: why it was parked, and the attributes that it came with, among them its signature, so
// that a redriven message is the one that was sent.
//
//   G6. Park and redrive lose nothing of a message, and the reason fits beside any message that SQS can hold.
//   G7. A redriven message still has the signature of its writer.
//
// SQS takes ten attributes and eight are ours. The trace comes ninth, when there is room: the body has it, too. An
// attribute of the message that finds no room, or has a name of ours, is folded as JSON into one attribute with others.
// Attributes count towards the size of a message. Those that do not fit beside the body are left out in a fixed order,
// the reason's code last; a body that leaves no room even for that is parked by parked-body.ts.
import type { Message, MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { SQSMessageAttributes } from "aws-lambda";
import { asciiJson } from "../envelope/envelope.ts";
import { givenIdName } from "../envelope/given-id.ts";

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

export type ParkAttributeName = (typeof parkAttributeNames)[number];

export type ParkAttributes = Readonly<Record<ParkAttributeName, MessageAttributeValue>> & {
  readonly [traceName]?: MessageAttributeValue;
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
const attributesMax = 10;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const messageBytesMax = 1_048_576;
const foldedName = "OriginalAttributes";
const signatureName = "Signature";
/** Where the body is of a dead letter that is a stub: see parked-body.ts. */
export const parkedBodyName = "ParkedBody";

const ownNames: ReadonlySet<string> = new Set([...parkAttributeNames, traceName, foldedName, parkedBodyName]);

/** Left out in this order when they do not fit; before any of them, the detail is cut to what says something. */
const leftOutFirst = [
  traceName,
  "SourceQueueUrl",
  "FirstReceivedAt",
  "ParkedAt",
  "ReceiveCount",
  "Consumer",
  "OriginalMessageId",
] as const;
/** A shorter detail says less than the attributes beside it. Characters. */
const detailLengthMin = 60;

/**
 * The attributes of a dead letter: those of the park and those it came with, at most ten, and no more bytes than the
 * body leaves. Undefined when not even the reason's code fits beside what it came with.
 */
export function deadLetterAttributes(
  park: ParkAttributes,
  received: SQSMessageAttributes,
  {
    bodyBytes = 0,
    hasGivenIds = false,
  }: { readonly bodyBytes?: number; readonly hasGivenIds?: boolean | undefined } = {},
): Attributes | undefined {
  // A redrive by other means must bring it back as it was: the signature, or the id where others fill the queue.
  const original = besideThePark(asSent(received), hasGivenIds ? givenIdName : signatureName);
  const { [traceName]: trace, ...told } = park;
  const room = attributesMax - parkAttributeNames.length - Object.keys(original).length;
  const beside = room > 0 && trace ? { ...told, [traceName]: trace } : told;
  return fitted(original, beside, messageBytesMax - bodyBytes);
}

/** What SQS counts of attributes: their names, types and values. */
export function attributesBytes(attributes: Attributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = "", StringValue = "", BinaryValue }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      (BinaryValue?.byteLength ?? Buffer.byteLength(StringValue)),
    0,
  );
}

/**
 * True for a dead letter that the kit parked. What SQS moved by itself says where from, and the attributes that it has
 * are its sender's, whatever they are called; into a dead-letter queue only its consumer may send.
 */
export function isParkedByKit({ Attributes, MessageAttributes }: DeadLetterAttributes): boolean {
  return MessageAttributes?.ReasonCode !== undefined && Attributes?.DeadLetterQueueSourceArn === undefined;
}

/** What the kit says of a dead letter, by the names of its attributes; nothing of one that SQS moved. */
export function parkOf(deadLetter: DeadLetterAttributes): ParkTexts {
  if (!isParkedByKit(deadLetter)) return {};
  const names = [...parkAttributeNames, traceName] as const;
  const { MessageAttributes = {} } = deadLetter;
  const texts = names.map((name) => [name, MessageAttributes[name]?.StringValue]);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined)) as ParkTexts;
}

/** The attributes that a dead letter came with before it was one. */
export function cameWith(deadLetter: DeadLetterAttributes): Attributes {
  const { MessageAttributes = {} } = deadLetter;
  return isParkedByKit(deadLetter) ? originalAttributes(MessageAttributes) : MessageAttributes;
}

type DeadLetterAttributes = Pick<Message, "Attributes" | "MessageAttributes">;
type ParkTexts = { readonly [Name in ParkAttributeName | typeof traceName]?: string };

/** The attributes that a message had before it was parked, be it never or more than once. */
export function originalAttributes(attributes: Attributes): Attributes {
  const beside = Object.entries(attributes).filter(([name]) => !ownNames.has(name));
  return { ...unfolded(attributes[foldedName]), ...Object.fromEntries(beside) };
}

/** Without those that would be taken for the kit's. */
export function withoutPark(attributes: Attributes): Attributes {
  return without(attributes, [...parkAttributeNames, traceName]);
}

/** Lambda's form of attributes as SendMessage takes them. */
export function asSent(received: SQSMessageAttributes): Attributes {
  return Object.fromEntries(
    Object.entries(received).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      binaryValue === undefined || binaryValue === null
        ? { DataType: dataType, StringValue: stringValue }
        : { DataType: dataType, BinaryValue: Buffer.from(binaryValue, "base64") },
    ]),
  );
}

/** Attributes in one, as JSON. */
export function folded(attributes: Attributes): MessageAttributeValue {
  const entries = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
    name,
    DataType,
    BinaryValue === undefined ? StringValue : Buffer.from(BinaryValue).toString("base64"),
  ]);
  return { DataType: "String", StringValue: asciiJson(entries) };
}

/** The attributes that `folded` put into this one; none when the text is of any other form, as an unknown sender wrote it. */
export function unfolded(attribute: MessageAttributeValue | undefined): Attributes {
  const entries = jsonIn(attribute?.StringValue);
  if (!Array.isArray(entries) || !entries.every(isEntry) || entries.length > attributesMax) return {};
  return Object.fromEntries(
    entries.map(([name, type, value]) => [
      name,
      type.startsWith("Binary")
        ? { DataType: type, BinaryValue: Buffer.from(value, "base64") }
        : { DataType: type, StringValue: value },
    ]),
  );
}

/** What the message came with, as few attributes as the park leaves room for. What is folded stays as it is. */
function besideThePark(received: Attributes, keptName: string): Attributes {
  // Whole, the attributes of a park are those of ours that a console sent back with the message.
  const isSentBack = parkAttributeNames.every((name) => name in received);
  const original = isSentBack ? withoutPark(received) : received;
  const names = Object.keys(original);
  const fits = names.length <= attributesMax - parkAttributeNames.length;
  if (fits && (isSentBack || !names.some((name) => ownNames.has(name)))) return original;
  const all = isSentBack ? originalAttributes(original) : original;
  const { [keptName]: kept, ...others } = all;
  return { ...(kept && { [keptName]: kept }), [foldedName]: folded(others) };
}

function without(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

function fitted(original: Attributes, park: Attributes, bytesMax: number): Attributes | undefined {
  for (let count = 0; count <= leftOutFirst.length; count++) {
    const leftOut = leftOutFirst.slice(0, count);
    const { ReasonDetail: detail, ...kept } = without({ ...original, ...park }, leftOut);
    const room = bytesMax - attributesBytes({ ...kept, ReasonDetail: { DataType: "String" } });
    const text = detail?.StringValue ?? "";
    const lengthMin = Math.min(text.length, count === leftOutFirst.length ? 1 : detailLengthMin);
    if (room >= lengthMin)
      return { ...kept, ReasonDetail: { DataType: "String", StringValue: text.slice(0, room) } };
  }
  const least = { ...original, ...(park.ReasonCode && { ReasonCode: park.ReasonCode }) };
  return attributesBytes(least) <= bytesMax ? least : undefined;
}

function jsonIn(text: string | undefined): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined; // a sender's own attribute of this name, which is not ours to read
  }
}

type Entry = [name: string, type: string, value: string];

function isEntry(value: unknown): value is Entry {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [name, type, text] = value as unknown[];
  return isName(name) && isType(type) && typeof text === "string" && isValue(type, text);
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
function isName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^(?!.*\.\.)[\w-](?:[\w.-]{0,254}[\w-])?$/.test(value) &&
    !/^(aws|amazon)\./i.test(value)
  );
}

function isType(value: unknown): value is string {
  return typeof value === "string" && value.length <= 256 && /^(String|Number|Binary)(\..+)?$/.test(value);
}

function isValue(type: string, text: string): boolean {
  if (type.startsWith("Binary")) return /^(?=.)[A-Za-z\d+/]*={0,2}$/.test(text);
  if (type.startsWith("Number")) return /^[-+]?\d{1,38}(\.\d{1,38})?([eE][-+]?\d{1,3})?$/.test(text);
  return /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text);
}
