// Reads and writes evidence inside items, for a consumer that keeps it there. This code does not know whether a consumer
// does, in which form, or which items exist: so it looks in each place where such evidence can be.
//
//   G2. The write decides whether a message was processed: its condition is that the item's evidence has not changed.

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { sharedRead } from "@essentially-once/messaging/internal/aws/shared-read";
import type { Delivery } from "@essentially-once/messaging/internal/commit/delivery";
import { barEntry, type Found } from "@essentially-once/messaging/internal/commit/evidence-text";
import { findInOverflow } from "@essentially-once/messaging/internal/commit/inline-overflow";
import {
  byIds,
  findIn,
  itemsNamedBy,
  today,
} from "@essentially-once/messaging/internal/commit/item-evidence";
import {
  barNumber,
  bySequence,
  findNumber,
} from "@essentially-once/messaging/internal/commit/sequence-evidence";
import { unitOfWork } from "@essentially-once/messaging/internal/commit/unit-of-work";
import { Park } from "@essentially-once/messaging/outcome";
import type { EvidencePlace } from "./evidence.ts";

export type Item = Readonly<Record<string, AttributeValue>>;

const ids = byIds(1).attribute;
const numbers = bySequence.attribute;
const attemptsMax = 5;

/** What an item, and the rows of what has left it, say of a message. */
export async function findInItem(
  place: EvidencePlace,
  { table, id, item }: { readonly table: string; readonly id: string; readonly item: Item | undefined },
  message: Envelope,
): Promise<Found> {
  const delivery = deliveryOf(place, message);
  const byNumber = numbered(() => findNumber(item?.[numbers]?.S, delivery));
  if (byNumber) return byNumber;
  const evidence = item?.[ids]?.S;
  if (evidence === undefined) return undefined;
  const { dynamodb, queue } = place;
  const { evidenceTable } = queue;
  const client = () => dynamodb;
  const beyond = { evidenceTable, client, read: sharedRead({ table: evidenceTable, client }), table, id };
  return findIn(evidence, delivery) ?? findInOverflow(beyond, evidence, delivery);
}

/**
 * Bars a message in each item that may have its evidence: its consumer takes every copy for a duplicate. Safe to repeat.
 * @param number what becomes of its number, where it has one
 * @returns false when its consumer has processed it
 */
export async function barInItems(
  place: EvidencePlace,
  message: Envelope,
  number: "taken" | "void",
): Promise<boolean> {
  for (const table of place.queue.stateTables ?? []) {
    for (const id of itemsNamedBy(place.queue.name, message)) {
      if (!(await barInItem(place, { table, id }, message, number))) return false;
    }
  }
  return true;
}

async function barInItem(
  place: EvidencePlace,
  { table, id }: { readonly table: string; readonly id: string },
  message: Envelope,
  number: "taken" | "void",
): Promise<boolean> {
  const { dynamodb } = place;
  const Key = { id: { S: id } };
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const read = new GetItemCommand({ TableName: table, Key, ConsistentRead: true });
    const answer = await dynamodb.send(read).catch(noEvidenceThere);
    if (answer === undefined) return true;
    const { Item: item } = answer;
    const found = await findInItem(place, { table, id, item }, message);
    if (found) return found !== "same";
    const delivery = deliveryOf(place, message);
    const wanted = {
      [ids]: barEntry(item?.[ids]?.S, place.queue.name, message, today()),
      [numbers]: numbered(() => barNumber(item?.[numbers]?.S, delivery, number)),
    };
    try {
      await dynamodb.send(new UpdateItemCommand({ TableName: table, Key, ...changeOf(wanted, item) }));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  throw new Error(`${id} in ${table} is being changed by others: try again`);
}

/** A table of another shape is no place of inline evidence. */
export function noEvidenceThere(error: unknown): undefined {
  const name = error instanceof Error ? error.name : "";
  if (name === "ValidationException" || name === "ResourceNotFoundException") return undefined;
  throw error;
}

function changeOf(wanted: Readonly<Record<string, string | undefined>>, item: Item | undefined) {
  const changed = Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const values: Record<string, AttributeValue> = {};
  const conditions = changed.map(([name, text], index) => {
    const read = item?.[name];
    values[`:wanted${index}`] = { S: text };
    if (read === undefined) return `attribute_not_exists(${name})`;
    values[`:read${index}`] = read;
    return `${name} = :read${index}`;
  });
  return {
    UpdateExpression: `SET ${changed.map(([name], index) => `${name} = :wanted${index}`).join(", ")}`,
    ConditionExpression: conditions.join(" AND "),
    ExpressionAttributeValues: values,
  };
}

/** Undefined for a message without a number. */
function numbered<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Park && error.code === "SEQUENCE_MISSING") return undefined;
    throw error;
  }
}

function deliveryOf({ queue }: EvidencePlace, message: Envelope): Delivery {
  const contract = { name: queue.name, publishes: [] };
  return { consumer: queue.name, message, unit: unitOfWork({ contract, cause: message }), deadlineMs: 0 };
}
