// Makes sure that a message takes no effect any more, because another replaces it: writes its evidence as if it had been
// processed, with the id of the other.
//
//   G2. One conditional write decides: either the message was already processed and is not superseded, or it is
//   superseded and every copy still in flight is a duplicate.

import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso, nowSeconds } from "@essentially-once/messaging/clock";
import type { Envelope } from "@essentially-once/messaging/envelope";
import { derivedId, evidenceId } from "@essentially-once/messaging/ids";
import { digestOf, saysTheSame } from "@essentially-once/messaging/internal/envelope/digest";
import { evidenceDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { UsageError } from "../terminal/usage-error.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { EvidencePlace } from "./evidence.ts";
import { barInItems } from "./inline-evidence.ts";
import { heldIdOf } from "./original-form.ts";

export interface Superseded {
  readonly deadLetter: DeadLetter;
  readonly old: Envelope;
  readonly newId: string;
  /** False for a message that never takes effect: its id may be a genuine message's, whose evidence is not touched. */
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
  if (await barInItems(place, superseded.old, "taken")) return at;
  await takeBack(place, superseded);
  throw doneMeanwhile(superseded.old);
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
  await barInItems(place, old, "void");
}

/** Records that the new one was sent: from now on any redrive may delete the dead letter. */
export async function confirmSuperseded(
  { dynamodb, queue }: EvidencePlace,
  { old, newId }: Superseded,
): Promise<void> {
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: queue.evidenceTable,
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
  const id = `edit:${derivedId(place.queue.name, heldIdOf(place.queue, deadLetter))}`;
  const found = await putNew(place, { id, supersededBy: newId, processedAt: nowIso() });
  if (found.supersededBy === newId) return String(found.processedAt);
  throw new UsageError(
    `${deadLetter.id} is superseded by ${found.supersededBy}, from an edit with other data: if that edit was interrupted, repeat it unchanged.`,
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
  throw doneMeanwhile(old);
}

function doneMeanwhile({ id }: Envelope): UsageError {
  return new UsageError(`${id} was processed meanwhile: nothing was sent.`);
}

/** Its consumer was faster, with the evidence in an item: so the evidence table says, too, that it was done. */
async function takeBack({ dynamodb, queue }: EvidencePlace, { old, newId }: Superseded): Promise<void> {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: queue.evidenceTable,
      Key: marshall({ id: evidenceId({ consumer: queue.name, message: old }) }),
      UpdateExpression: "REMOVE supersededBy",
      ConditionExpression: "supersededBy = :newId",
      ExpressionAttributeValues: marshall({ ":newId": newId }),
    }),
  );
}

/** The item that is there afterwards: this one, or the one that was first. */
async function putNew(
  { dynamodb, queue }: EvidencePlace,
  item: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const Item = marshall({ ...item, expiresAt: nowSeconds() + evidenceDays * 86_400 });
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName: queue.evidenceTable,
        Item,
        ConditionExpression: "attribute_not_exists(id) OR #state = :free", // a lease that was given back is no evidence
        ExpressionAttributeNames: { "#state": "state" },
        ExpressionAttributeValues: { ":free": { S: "free" } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );
    return item;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException && error.Item) return unmarshall(error.Item);
    throw error;
  }
}
