// The stored form of a message that waits for its time: one item of the schedules table for each key of a contract.
//
//   G1. What a unit of work changes here commits in its own transaction.
//   G12. Each change has the condition that the item is as it was read: of a cancel, a move and the dispatch, one wins.
//   Items that are due are found by the index `due`: partition key `slot`, sort key `due`. An item of a key is always in
//   the same slot, and the slots share the load, however many items are due at once.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Write } from "../commit/unit-of-work.ts";
import { nowIso } from "../core/clock.ts";
import { derivedHex, derivedId } from "../core/ids.ts";
import { asciiJson, type Envelope, readKept } from "../envelope/envelope.ts";

export interface ScheduledItem {
  /** `<contract>#<hash of the key>`: a role may reach those of its own contract only. */
  readonly id: string;
  readonly key: string;
  readonly message: Envelope;
  /** ISO text of the time before which it is not sent. */
  readonly due: string;
  readonly slot: string;
  readonly createdAt: string;
}

export type StoredItem = Readonly<Record<string, AttributeValue>>;

/** Of the form below; a reader refuses a higher one. */
export const formVersion = 1;

/** The index by which items are found that are due. */
export const dueIndex = "due";

/** So many items can be due in the same second as so many index partitions take. */
export const slotCount = 16;

/** 132 bits: enough to tell keys apart. */
const hashLength = 22;

export function itemId(contract: string, key: string): string {
  return `${contract}#${derivedId(key).slice(0, hashLength)}`;
}

export function slotOf(id: string): string {
  return String(Number.parseInt(derivedHex(8, id), 16) % slotCount);
}

/** Stores a message under a key that is free, or in the place of the one that was read. */
export function putWrite(
  table: string,
  { id, key, message, dueMs }: { id: string; key: string; message: Envelope; dueMs: number },
  read?: ScheduledItem,
): Write {
  const condition = read ? unmoved(read) : free(message);
  return {
    Put: {
      TableName: table,
      Item: {
        id: { S: id },
        form: { N: String(formVersion) },
        key: { S: key },
        due: { S: new Date(dueMs).toISOString() },
        slot: { S: slotOf(id) },
        createdAt: { S: nowIso() },
        messageId: { S: message.id },
        message: { S: asciiJson(message) },
      },
      ...condition,
    },
  };
}

/** Moves the message to another time, perhaps in another form. */
export function moveWrite(table: string, read: ScheduledItem, dueMs: number, message?: Envelope): Write {
  const { ExpressionAttributeValues, ...condition } = unmoved(read);
  return {
    Update: {
      TableName: table,
      Key: { id: { S: read.id } },
      UpdateExpression: `SET due = :to, slot = :slot${message ? ", message = :message" : ""}`,
      ...condition,
      ExpressionAttributeValues: {
        ...ExpressionAttributeValues,
        ":to": { S: new Date(dueMs).toISOString() },
        ":slot": { S: read.slot },
        ...(message && { ":message": { S: asciiJson(message) } }),
      },
    },
  };
}

export function removeWrite(table: string, read: ScheduledItem): Write {
  return { Delete: { TableName: table, Key: { id: { S: read.id } }, ...unmoved(read) } };
}

/** Nothing waits under the key, as it was read. A delete, which the role may do, and not a condition check, which it may not. */
export function absentWrite(table: string, id: string): Write {
  const ConditionExpression = "attribute_not_exists(id)";
  return { Delete: { TableName: table, Key: { id: { S: id } }, ConditionExpression } };
}

/** @throws Error naming the item when it is not one that this release or the one before it wrote */
export function readScheduledItem(item: StoredItem): ScheduledItem {
  const { id, key, message, due, slot, createdAt } = item;
  const form = Number(item.form?.N);
  if (!id?.S || !key?.S || !message?.S || !due?.S || !createdAt?.S || !(form <= formVersion)) {
    throw new Error(`Scheduled item ${JSON.stringify(id?.S)} must have the form ${formVersion}, got ${form}`);
  }
  return {
    id: id.S,
    key: key.S,
    message: readKept(message.S),
    due: due.S,
    slot: slot?.S ?? slotOf(id.S),
    createdAt: createdAt.S,
  };
}

/** It holds the message that was read, for the time that was read. */
function unmoved({ message, due }: ScheduledItem) {
  return {
    ConditionExpression: "messageId = :messageId AND due = :due",
    ExpressionAttributeValues: { ":messageId": { S: message.id }, ":due": { S: due } },
  };
}

function free({ id }: Envelope) {
  return {
    ConditionExpression: "attribute_not_exists(id) OR messageId = :messageId",
    ExpressionAttributeValues: { ":messageId": { S: id } },
  };
}
