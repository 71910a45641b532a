// The record of a discard: the message, the operator and the reason, in an item that lives as long as the evidence. It
// holds no payload.
//
//   One item for each consumer and message id, with an attribute for each body that had this id: a rerun writes the same
//   record.

import { GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso, nowSeconds } from "@essentially-once/messaging/clock";
import { derivedId } from "@essentially-once/messaging/ids";
import { evidenceDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { userName } from "../connect/user-name.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { EvidencePlace } from "./evidence.ts";
import { heldIdOf } from "./original-form.ts";

export interface Discarded {
  readonly at: string;
  readonly by: string;
  readonly because: string;
  /** What it was parked for. */
  readonly reason: string;
  readonly type?: string;
}

export async function recordDiscard(
  { dynamodb, queue }: EvidencePlace,
  deadLetter: DeadLetter,
  because: string,
): Promise<void> {
  const { id, type, reason } = deadLetter;
  const discarded: Discarded = {
    at: nowIso(),
    by: userName(),
    because,
    reason,
    ...(type !== undefined && { type }),
  };
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: queue.evidenceTable,
      Key: marshall({ id: recordId(queue, id) }),
      UpdateExpression:
        "SET #body = :discarded, consumer = :consumer, messageId = :id, expiresAt = :expiresAt",
      ExpressionAttributeNames: { "#body": `${bodyPrefix}${heldIdOf(queue, deadLetter)}` },
      ExpressionAttributeValues: marshall({
        ":discarded": discarded,
        ":consumer": queue.name,
        ":id": id,
        ":expiresAt": nowSeconds() + evidenceDays * 86_400,
      }),
    }),
  );
}

/** What was discarded under this id, the first first. */
export async function readDiscards({ dynamodb, queue }: EvidencePlace, id: string): Promise<Discarded[]> {
  const { Item } = await dynamodb.send(
    new GetItemCommand({
      TableName: queue.evidenceTable,
      Key: marshall({ id: recordId(queue, id) }),
      ConsistentRead: true,
    }),
  );
  return Object.entries(Item ? unmarshall(Item) : {})
    .filter(([name]) => name.startsWith(bodyPrefix))
    .map(([, discarded]) => discarded as Discarded)
    .sort((a, b) => a.at.localeCompare(b.at));
}

const bodyPrefix = "body_";

function recordId(queue: Pick<ConsumerQueue, "name">, id: string): string {
  return `discarded:${derivedId(queue.name, id)}`; // a colon: no evidence of a message has this id
}
