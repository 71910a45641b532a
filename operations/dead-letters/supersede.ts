// Makes sure that a message takes no effect any more, because another stands in its place: its evidence is written,
// as if it had been done, with the id of the other.
//
//   G2. The condition is the decision: either the message was done and nothing is superseded, or it is superseded
//   and every copy of it that is still under way is a duplicate.

import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso, nowSeconds } from "../../functions/messaging/clock.ts";
import { digestOf, saysTheSame } from "../../functions/messaging/digest.ts";
import type { Envelope } from "../../functions/messaging/envelope.ts";
import { derivedId, evidenceId } from "../../functions/messaging/ids.ts";
import { byIds } from "../../functions/messaging/item-evidence.ts";
import { bodyId } from "../../functions/messaging/message-group.ts";
import { evidenceDays } from "../../functions/messaging/message-life.ts";
import { Park } from "../../functions/messaging/outcome.ts";
import { unitOfWork } from "../../functions/messaging/unit-of-work.ts";
import { UsageError } from "../usage-error.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { EvidencePlace } from "./evidence.ts";

export interface Superseded {
  readonly deadLetter: DeadLetter;
  readonly old: Envelope;
  readonly newId: string;
  /** False for what never takes effect: its id may be that of a genuine message, whose evidence is not touched. */
  readonly mayTakeEffect: boolean;
}

/**
 * Safe to repeat.
 * @returns the time of the first attempt, RFC 3339
 * @throws UsageError when it was done, or superseded by another
 */
export async function supersede(place: EvidencePlace, superseded: Superseded): Promise<string> {
  const at = await writeDown(place, superseded);
  if (!superseded.mayTakeEffect) return at;
  await putEvidence(place, superseded, at);
  for (const table of place.queue.stateTables ?? []) await addInline(place, superseded, table);
  return at;
}

/** A discarded message is as good as done: a copy of it that comes later is a duplicate. Safe to repeat. */
export async function forgo(place: EvidencePlace, old: Envelope): Promise<void> {
  const consumer = place.queue.name;
  const now = nowIso();
  await putNew(place, {
    id: evidenceId({ consumer, message: old }),
    consumer,
    source: old.source,
    messageId: old.id,
    ...digestOf(old),
    discardedAt: now,
    processedAt: now,
  });
  for (const table of place.queue.stateTables ?? []) await addInline(place, { old }, table);
}

/** The new one is sent: from now on the dead letter may be deleted by whoever meets it. */
export async function confirmSuperseded(
  { dynamodb, evidenceTable, queue }: EvidencePlace,
  { old, newId }: Superseded,
): Promise<void> {
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: evidenceTable,
        Key: marshall({ id: evidenceId({ consumer: queue.name, message: old }) }),
        UpdateExpression: "SET sentAt = :now",
        ConditionExpression: "supersededBy = :newId",
        ExpressionAttributeValues: marshall({ ":now": nowIso(), ":newId": newId }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error; // its id was another's: never removed
  }
}

/** By body: a message whose id another one had used can be superseded too, and leaves no evidence of its own. */
async function writeDown(place: EvidencePlace, { deadLetter, newId }: Superseded): Promise<string> {
  const id = `edit:${derivedId(place.queue.name, bodyId(deadLetter.body))}`;
  const found = await putNew(place, { id, supersededBy: newId, processedAt: nowIso() });
  if (found.supersededBy === newId) return String(found.processedAt);
  throw new UsageError(
    `${deadLetter.id} is superseded by ${found.supersededBy}, by an edit with other data: if that was cut short, repeat it as it was.`,
  );
}

async function putEvidence(place: EvidencePlace, { old, newId }: Superseded, at: string): Promise<void> {
  const consumer = place.queue.name;
  const found = await putNew(place, {
    id: evidenceId({ consumer, message: old }),
    consumer,
    source: old.source,
    messageId: old.id,
    ...digestOf(old),
    supersededBy: newId,
    processedAt: at,
  });
  if (!saysTheSame(found, digestOf(old)) || found.supersededBy === newId) return; // ID_REUSED: it never takes effect
  throw new UsageError(`${old.id} was done meanwhile: nothing was sent.`);
}

/** The item that is there afterwards: this one, or the one that was first. */
async function putNew(
  { dynamodb, evidenceTable }: EvidencePlace,
  item: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const Item = marshall({ ...item, expiresAt: nowSeconds() + evidenceDays * 86_400 });
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName: evidenceTable,
        Item,
        ConditionExpression: "attribute_not_exists(id)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return item;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException && error.Item) return unmarshall(error.Item);
    throw error;
  }
}

/** Room for all that are remembered; the consumer's next commit makes it its own window again. */
const windowMax = 100;
const attemptsMax = 5;

/** Evidence in the item, for a consumer that looks there. By number nothing is needed: the new one has the number. */
async function addInline(
  { dynamodb, queue }: EvidencePlace,
  { old }: Pick<Superseded, "old">,
  table: string,
): Promise<void> {
  const consumer = queue.name;
  const form = byIds(windowMax);
  const delivery = {
    consumer,
    message: old,
    unit: unitOfWork({ contract: { name: consumer, publishes: [] }, cause: old }),
    deadlineMs: 0,
  };
  const Key = marshall({ id: old.partitionkey });
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
    const evidence = Item?.[form.attribute]?.S;
    if (evidence === undefined || !mayTakeEffect(evidence)) return;
    try {
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: table,
          Key,
          UpdateExpression: "SET #evidence = :more",
          ConditionExpression: "#evidence = :read",
          ExpressionAttributeNames: { "#evidence": form.attribute },
          ExpressionAttributeValues: marshall({ ":read": evidence, ":more": form.add(evidence, delivery) }),
        }),
      );
      return;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
  throw new Error(`${old.partitionkey} in ${table} is being changed by others: try again`);

  function mayTakeEffect(evidence: string): boolean {
    try {
      return form.judge(evidence, delivery) === undefined;
    } catch (error) {
      if (error instanceof Park) return false;
      throw error;
    }
  }
}
