// Builds the corrected message, checks it before any write, and sends it.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { contentId, derivedId } from "@essentially-once/messaging/ids";
import { givenIdName } from "@essentially-once/messaging/internal/envelope/given-id";
import { bodyId, groupIdOf, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import {
  type Attributes,
  attributesBytes,
  cameWith,
  messageBytesMax,
} from "@essentially-once/messaging/internal/receive/park-attributes";
import type { Sign } from "@essentially-once/messaging/internal/trust/signature";
import { Park } from "@essentially-once/messaging/outcome";
import type { KnownContract } from "../connect/contracts.ts";
import { UsageError } from "../terminal/usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { checkData } from "./forecast.ts";

/**
 * The same data gives the same id.
 * @param from `body`: of a forgery, whose id may be that of a genuine message with an edit of its own
 */
export function newIdOf(
  queue: ConsumerQueue,
  { old, data, body }: { old: Envelope; data: unknown; body?: string },
): string {
  const parts = ["edit", queue.name, old.source, old.id, contentId(asciiJson(data))];
  return derivedId(...parts, ...(body === undefined ? [] : [bodyId(body)]));
}

/** An edit that has not been made yet. */
export interface Correction {
  readonly queue: ConsumerQueue;
  readonly deadLetter: DeadLetter;
  readonly old: Envelope;
  readonly newId: string;
  /** What the operator gave. */
  readonly data: unknown;
}

export interface Corrected {
  /** False when no contract of the consumer is known here. */
  readonly schemaChecked: boolean;
  readonly message: Envelope;
  /** The body that is sent. @param at when the edit was made first, RFC 3339 */
  text(at: string): string;
}

/** New data in the envelope of the old message. @throws UsageError for what cannot be sent */
export async function correctData(
  { deadLetter, old, newId, data }: Correction,
  contract: KnownContract | undefined,
): Promise<Corrected> {
  const schemaChecked = await checkCorrection(deadLetter, old, data, contract);
  const changes = { id: newId, causationid: old.id, data };
  corrected(deadLetter, changes);
  return { schemaChecked, message: old, text: (time) => corrected(deadLetter, { ...changes, time }) };
}

/**
 * Holds new data against what the consumer would take. Data of an older version are held against that version.
 * @returns false when no contract is known
 * @throws UsageError naming what to correct, and no value
 */
export async function checkCorrection(
  { id }: Pick<DeadLetter, "id">,
  old: Envelope,
  data: unknown,
  contract: KnownContract | undefined,
): Promise<boolean> {
  refuseWrapped(id, old, data);
  if (contract === undefined) return false;
  try {
    await checkData(contract, { type: old.type, data });
    return true;
  } catch (error) {
    if (!(error instanceof Park)) throw error;
    throw new UsageError(
      error.code === "TYPE_UNKNOWN"
        ? `${id} has the type ${old.type}, and ${error.detail}: new data cannot correct that. Discard it, and send its content as a new message.`
        : `The data is not valid (${error.code}): ${error.detail}. Correct the file of --data.`,
    );
  }
}

/** The output of `show --json`, or a whole message, in the place of its data. */
function refuseWrapped(id: string, old: Envelope, data: unknown): void {
  if (typeof data !== "object" || data === null) return;
  const isOutput = "deadLetters" in data && Array.isArray(data.deadLetters) && "discards" in data;
  if (isOutput || ("bodyBytes" in data && "evidence" in data && "redrive" in data)) {
    throw new UsageError(
      `--data must be the message's data, got the output of show --json: pass its payload only, ` +
        `for example: npm run --silent dlq -- show ${id} --payload --json | jq .deadLetters[0].payload`,
    );
  }
  if ("specversion" in data && "id" in data && data.id === old.id) {
    throw new UsageError("--data must be the message's data, got the whole message: pass its data only.");
  }
}

/** The text of the message. @throws UsageError for what no consumer would take, or SQS would not */
export function corrected(deadLetter: DeadLetter, changes: Partial<Envelope>): string {
  const { dataref: _elsewhere, ...fields } = JSON.parse(deadLetter.body) as Record<string, unknown>;
  const text = asciiJson({ ...fields, ...changes });
  try {
    readEnvelope(text);
  } catch (error) {
    if (error instanceof Park)
      throw new UsageError(`The data cannot be sent (${error.code}): ${error.detail}.`);
    throw error;
  }
  refuseTooLarge(deadLetter, text, besideOf(deadLetter));
  return text;
}

/** @throws UsageError when SQS would not take it with one attribute more: our signature, or its id */
export function refuseTooLarge({ id }: DeadLetter, text: string, attributes: Attributes): void {
  const names = Object.keys(attributes);
  if (names.length >= attributesMax) {
    throw new UsageError(
      `${id} has ${names.length} attributes; with the signature, SQS allows ${attributesMax - 1}: discard it.`,
    );
  }
  const bytes = Buffer.byteLength(text) + signatureBytes + attributesBytes(attributes);
  if (bytes > messageBytesMax) {
    throw new UsageError(
      `The message would have ${bytes} bytes with its attributes; SQS allows ${messageBytesMax}.`,
    );
  }
}

export async function sendCorrected(
  sqs: SQSClient,
  { queueUrl }: ConsumerQueue,
  { deadLetter, body, sign }: { deadLetter: DeadLetter; body: string; sign: Sign | undefined },
): Promise<void> {
  const envelope = readEnvelope(body);
  const signed = Object.entries((await sign?.({ body, envelope }, queueUrl)) ?? {}).map(
    ([name, text]) => [name, { DataType: "String", StringValue: text }] as const,
  );
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: { ...besideOf(deadLetter), ...Object.fromEntries(signed) },
      MessageGroupId: isFifo(queueUrl) ? deadLetter.group : groupIdOf(envelope.partitionkey),
      ...(isFifo(queueUrl) && { MessageDeduplicationId: derivedId("edit", envelope.id) }),
    }),
  );
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const attributesMax = 10;
/** `Signature`, its type and `v1.<keyId>.<mac>` with the longest key id. */
const signatureBytes = 128;

function besideOf({ copies }: DeadLetter): Attributes {
  const { Signature: _old, [givenIdName]: _oldId, ...attributes } = cameWith(copies[0] ?? {});
  return attributes;
}
