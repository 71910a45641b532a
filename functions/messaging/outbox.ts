// The outbox: messages committed with a state change and not yet sent. One row per unit of work, with its
// messages in order, because the records of one transaction may leave the stream interleaved.
//
//   G1. The row is a write of the unit's own transaction.
//   G3. The row stays until every destination has confirmed: what is in the table is what is outstanding.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso } from "./clock.ts";
import { asciiJson, type Envelope, readKept } from "./envelope.ts";
import type { Write } from "./unit-of-work.ts";

export interface OutboxRow {
  readonly id: string;
  readonly createdAt: string;
  readonly messages: readonly OutboxMessage[];
}

export interface OutboxMessage {
  /** The exact text that is sent. */
  readonly body: string;
  readonly envelope: Envelope;
}

/** The write that puts messages into the outbox; the caller's transaction performs it. */
export function outboxWrite({
  table,
  id,
  messages,
}: {
  table: string;
  id: string;
  messages: readonly Envelope[];
}): Write {
  const Item: Record<string, AttributeValue> = {
    id: { S: id },
    createdAt: { S: nowIso() },
    messages: { L: messages.map((message) => ({ S: asciiJson(message) })) },
  };
  return { Put: { TableName: table, Item } };
}

/**
 * Reads a row from the table or its stream.
 * @throws Error naming the row when it is not one that `outboxWrite` wrote
 */
export function readOutboxRow(item: Readonly<Record<string, AttributeValue>>): OutboxRow {
  const { id, createdAt, messages } = unmarshall({ ...item });
  if (typeof id !== "string" || typeof createdAt !== "string" || !isTexts(messages)) {
    throw new Error(`Outbox row ${JSON.stringify(id)} must have a createdAt and a list of message texts`);
  }
  return { id, createdAt, messages: messages.map((body) => ({ body, envelope: readKept(body) })) };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
