// A dead letter whose body is so long that no reason fits beside it, or whose attributes fit no single one, is a stub:
// what the message was lies in S3, and an attribute says where. `restored` gives the message back, byte for byte.
//
//   G6. Any message that SQS can hold can be parked with its reason, shown, discarded and redriven.
//   G7. What is read is what was put: the name is the hash. Only objects of the named bucket are read.
//
// The stub, in the dead-letter queue:
//   Body                what a person reads who finds it in a console
//   MessageAttributes   those of every park (park-attributes.ts), and ParkedBody: s3://BUCKET/parked/QUEUE/HASH
// The object, named after the SHA-256 of its bytes (base64url):
//   {"body": "the text as it was received", "attributes": [[name, type, value], …]}      binary values in base64
import type { S3Client } from "@aws-sdk/client-s3";
import type { Message } from "@aws-sdk/client-sqs";
import { contentId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { parkedPrefix } from "../envelope/claim-place.ts";
import {
  type Attributes,
  folded,
  isParkedByKit,
  originalAttributes,
  parkedBodyName,
  unfolded,
} from "./park-attributes.ts";

export interface ParkedMessage {
  readonly body: string;
  /** Those that it came with. */
  readonly attributes: Attributes;
}

export interface ParkedPlace {
  readonly bucket: string;
  readonly client?: S3Client;
}

/**
 * Puts a message where a stub can refer to it. Put again, it is the same object.
 * @param queueName whose consumer parks: a role may put below the name of its own queue only
 * @returns the reference for `ParkedBody`
 */
export async function storeParked(
  { bucket, client, queueName }: ParkedPlace & { readonly queueName: string },
  { body, attributes }: ParkedMessage,
): Promise<string> {
  const entries: unknown = JSON.parse(folded(attributes).StringValue ?? "[]");
  const bytes = Buffer.from(JSON.stringify({ body, attributes: entries }));
  const id = contentId(bytes);
  const key = `${parkedPrefix}${queueName}/${id}`;
  const { claimObjects } = await import("../commit/claim-objects.ts");
  const sha256 = Buffer.from(id, "base64url").toString("base64");
  await claimObjects(bucket, client).put({ key, bytes, sha256 });
  return `s3://${bucket}/${key}`;
}

/** The text of a stub: for a person, since no program reads it. */
export function stubBody({
  reference,
  bytes,
}: {
  readonly reference: string;
  readonly bytes: number;
}): string {
  return `The message of ${bytes} bytes that was parked here is ${reference}. Show, redrive or discard it with: npm run dlq`;
}

/** True for a dead letter whose message lies in S3. */
export function isStub(deadLetter: Message): boolean {
  return isParkedByKit(deadLetter) && deadLetter.MessageAttributes?.[parkedBodyName] !== undefined;
}

/**
 * A stub as though its message had been parked whole; any other dead letter as it is.
 * @throws Park DATAREF_FOREIGN, DATAREF_MISSING or DATAREF_ALTERED, or what S3 throws
 */
export async function restored(deadLetter: Message, place: ParkedPlace): Promise<Message> {
  const { [parkedBodyName]: reference, ...park } = deadLetter.MessageAttributes ?? {};
  if (reference === undefined || !isStub(deadLetter)) return deadLetter;
  const { body, attributes } = await readParked(reference.StringValue ?? "", place);
  // Folded in memory only: what the message came with may have names of the park's.
  const OriginalAttributes = folded({ ...originalAttributes(park), ...attributes });
  return { ...deadLetter, Body: body, MessageAttributes: { ...park, OriginalAttributes } };
}

async function readParked(reference: string, { bucket, client }: ParkedPlace): Promise<ParkedMessage> {
  const [, named, key = "", id] = /^s3:\/\/([^/]+)\/(parked\/[\w.-]+\/([\w-]{43}))$/.exec(reference) ?? [];
  if (named !== bucket || id === undefined) {
    throw new Park(
      "DATAREF_FOREIGN",
      `${parkedBodyName} must name an object below ${parkedPrefix} of ${bucket}`,
    );
  }
  const { claimObjects } = await import("../commit/claim-objects.ts");
  const bytes = await claimObjects(bucket, client).get(key);
  if (bytes === undefined) throw new Park("DATAREF_MISSING", `no object ${key} in ${bucket}`);
  if (contentId(bytes) !== id) throw new Park("DATAREF_ALTERED", `object ${key} does not match its hash`);
  const { body, attributes } = JSON.parse(bytes.toString()) as { body: string; attributes: unknown };
  return { body, attributes: unfolded({ DataType: "String", StringValue: JSON.stringify(attributes) }) };
}
