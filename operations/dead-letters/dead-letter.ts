// A dead letter as an operator sees it: one message, its reason, and every copy of it in the queue.
//
//   A park that was interrupted between its send and its acknowledgement leaves two copies; they are one
//   dead letter. Identity is the envelope's (consumer, source, id) and the bytes; SQS's own id is a copy's.

import { createHash } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";

export interface DeadLetter {
  readonly consumer: string;
  /** The envelope's id; for what is no envelope, the SQS message id it first had. What `--id` takes. */
  readonly id: string;
  /** The envelope's type; absent when it is no envelope. */
  readonly type?: string;
  readonly reason: string;
  readonly detail: string;
  readonly receiveCount?: number;
  /** RFC 3339; for what the redrive policy moved, when it was first sent: SQS keeps no other time. */
  readonly parkedAt?: string;
  readonly body: string;
  /** The group it was in, and stands in front of; absent for a standard queue. */
  readonly group?: string;
  readonly copies: readonly Message[];
}

/** The reason of a dead letter that the queue's redrive policy moved: its function never came to say why. */
export const RECEIVES_EXHAUSTED = "RECEIVES_EXHAUSTED";

/** The messages of one dead-letter queue as dead letters, oldest park first; those of a FIFO queue as received. */
export function deadLettersOf(consumer: string, messages: readonly Message[]): DeadLetter[] {
  const copiesByIdentity = Map.groupBy(messages, identity);
  const deadLetters = [...copiesByIdentity.values()].map((copies) => deadLetter(consumer, copies));
  if (deadLetters.some(({ group }) => group !== undefined)) return deadLetters;
  return deadLetters.sort(
    (a, b) => (a.parkedAt ?? "").localeCompare(b.parkedAt ?? "") || a.id.localeCompare(b.id),
  );
}

function deadLetter(consumer: string, copies: readonly Message[]): DeadLetter {
  // A copy that says why is worth more than one that the redrive policy moved.
  const told = copies.find((copy) => attribute(copy, "ReasonCode") !== undefined);
  const [first] = copies;
  const message = told ?? first ?? {};
  const { id, type } = envelopeOf(message.Body);
  const parkedAt = attribute(message, "ParkedAt") ?? sentAt(message);
  const group = message.Attributes?.MessageGroupId;
  const receiveCount = Number(attribute(message, "ReceiveCount") ?? Number.NaN);
  return {
    consumer,
    id: id ?? attribute(message, "OriginalMessageId") ?? message.MessageId ?? "",
    ...(type !== undefined && { type }),
    reason: attribute(message, "ReasonCode") ?? RECEIVES_EXHAUSTED,
    detail: attribute(message, "ReasonDetail") ?? (told ? "" : "the function died or timed out each time"),
    ...(Number.isInteger(receiveCount) && { receiveCount }),
    ...(parkedAt !== undefined && { parkedAt }),
    body: message.Body ?? "",
    ...(group !== undefined && { group }),
    copies,
  };
}

function identity(message: Message): string {
  const { id, source } = envelopeOf(message.Body);
  const name =
    id === undefined ? (attribute(message, "OriginalMessageId") ?? message.MessageId) : `${source} ${id}`;
  return `${name} ${createHash("sha256")
    .update(message.Body ?? "")
    .digest("hex")}`;
}

/** A standard queue keeps the time of the first sending when a message is moved. */
function sentAt({ Attributes }: Message): string | undefined {
  const sentMs = Number(Attributes?.SentTimestamp ?? Number.NaN);
  return Number.isFinite(sentMs) ? new Date(sentMs).toISOString() : undefined;
}

/** The fields that identify an envelope, as far as the body has them. */
export function envelopeOf(body: string | undefined): { id?: string; source?: string; type?: string } {
  const value = parsed(body ?? "");
  if (typeof value !== "object" || value === null || !("specversion" in value)) return {};
  return { ...text(value, "id"), ...text(value, "source"), ...text(value, "type") };
}

function text<Key extends string>(value: object, key: Key): { [K in Key]?: string } {
  const found: unknown = Reflect.get(value, key);
  return typeof found === "string" && found !== "" ? ({ [key]: found } as { [K in Key]?: string }) : {};
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // NOT_JSON is one of the reasons to be here
  }
}

function attribute(message: Message, name: string): string | undefined {
  return message.MessageAttributes?.[name]?.StringValue;
}
