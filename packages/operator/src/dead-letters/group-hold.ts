// Changes the hold list of a FIFO group for an operator's command: removes a message, or puts another in its place.
//
//   G4. A command that dies may be run again: a message that is not in the list changes nothing.

import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { type Hold, holdId, holds, noHold } from "@essentially-once/messaging/internal/receive/holds";
import type { DeadLetter } from "./dead-letter.ts";
import type { EvidencePlace } from "./evidence.ts";
import { heldIdOf } from "./original-form.ts";

/** Attempts when another process changes the list at the same time. */
const attemptsMax = 5;

/** Undefined for a standard queue, which has no hold lists. */
export async function readHold(
  place: EvidencePlace,
  { group }: Pick<DeadLetter, "group">,
): Promise<Hold | undefined> {
  if (group === undefined || !isFifo(place.queue.queueUrl)) return undefined;
  return (await holdsOf(place).read([group])).get(group) ?? noHold;
}

/** Lets the next of its group go on. */
export async function leaveHold(
  place: EvidencePlace,
  deadLetter: Pick<DeadLetter, "group" | "body" | "copies">,
): Promise<void> {
  const { group } = deadLetter;
  if (group === undefined || !isFifo(place.queue.queueUrl)) return;
  await holdsOf(place).leave(group, heldIdOf(place.queue, deadLetter));
}

/** Gives the place of a dead letter to another. @param by what names that one in the line */
export async function replaceInHold(
  place: EvidencePlace,
  deadLetter: Pick<DeadLetter, "group" | "body" | "copies">,
  by: string,
): Promise<void> {
  const { group } = deadLetter;
  const id = heldIdOf(place.queue, deadLetter);
  for (let attempt = 1; ; attempt++) {
    const hold = await readHold(place, deadLetter);
    const index = hold?.line.indexOf(id) ?? -1;
    if (index < 0 || group === undefined) return;
    if (await putInHold(place, group, { index, id, by })) return;
    if (attempt === attemptsMax) throw new Error(`group ${group} is being changed by others: try again`);
  }
}

/** False when another process changed the list first. */
async function putInHold(
  { dynamodb, queue }: EvidencePlace,
  group: string,
  { index, id, by }: { index: number; id: string; by: string },
): Promise<boolean> {
  try {
    await dynamodb.send(
      new UpdateItemCommand({
        TableName: queue.evidenceTable,
        Key: marshall({ id: holdId(nameOf(queue), group) }),
        UpdateExpression: `SET line[${index}] = :by`,
        ConditionExpression: `line[${index}] = :id`,
        ExpressionAttributeValues: marshall({ ":id": id, ":by": by }),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function holdsOf({ dynamodb, queue }: EvidencePlace) {
  return holds({
    table: queue.evidenceTable,
    queueName: nameOf(queue),
    client: (): DynamoDBClient => dynamodb,
  });
}

function nameOf({ queueUrl }: { readonly queueUrl: string }): string {
  return queueUrl.split("/").at(-1) ?? "";
}
