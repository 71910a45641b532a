// The record of a discard: the message, the operator and the reason, in an item that lives as long as the evidence. It
// holds no payload.
//
//   One item for each consumer and message id, with an attribute for each body that had this id: a rerun writes the same
//   record. Any sender can send any number of bodies under one id, and an item holds 400 KB: the oldest records make room.

import { GetItemCommand, UpdateItemCommand, type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
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

/** The records that an item keeps of one id. */
const recordsMax = 100;
/** Of all of them; the rest of the item's 400 KB is for one more. Characters of JSON. */
const recordsLengthMax = 200_000;
/** In one request. DynamoDB takes expressions of 4 KB. */
const removedMax = 100;

export async function recordDiscard(
  place: EvidencePlace,
  deadLetter: DeadLetter,
  because: string,
): Promise<void> {
  const { queue } = place;
  const { id, type, reason } = deadLetter;
  const name = `${bodyPrefix}${heldIdOf(queue, deadLetter)}`;
  const discarded: Discarded = {
    at: nowIso(),
    by: userName(),
    because,
    reason,
    ...(type !== undefined && { type }),
  };
  const surplus = beyondRoom((await readRecords(place, id)).filter(([kept]) => kept !== name));
  for (let from = 0; from < surplus.length; from += removedMax) {
    const names = surplus.slice(from, from + removedMax).map((one, nth) => [`#r${nth}`, one] as const);
    await update(place, id, {
      UpdateExpression: `REMOVE ${names.map(([alias]) => alias).join(", ")}`,
      ExpressionAttributeNames: Object.fromEntries(names),
    });
  }
  await update(place, id, {
    UpdateExpression: "SET #body = :discarded, consumer = :consumer, messageId = :id, expiresAt = :expiresAt",
    ExpressionAttributeNames: { "#body": name },
    ExpressionAttributeValues: marshall({
      ":discarded": discarded,
      ":consumer": queue.name,
      ":id": id,
      ":expiresAt": nowSeconds() + evidenceDays * 86_400,
    }),
  });
}

/** The names of the oldest records that leave no room for a new one. */
function beyondRoom(records: readonly Recorded[]): string[] {
  let length = 0;
  const kept = records.toReversed().filter(([, discarded], nth) => {
    length += JSON.stringify(discarded).length;
    return nth < recordsMax - 1 && length <= recordsLengthMax;
  });
  return records.filter((record) => !kept.includes(record)).map(([name]) => name);
}

async function update(
  { dynamodb, queue }: EvidencePlace,
  id: string,
  change: Pick<
    UpdateItemCommandInput,
    "UpdateExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
  >,
): Promise<void> {
  const Key = marshall({ id: recordId(queue, id) });
  await dynamodb.send(new UpdateItemCommand({ TableName: queue.evidenceTable, Key, ...change }));
}

/** What was discarded under this id, the first first; of very many, the last of them. */
export async function readDiscards(place: EvidencePlace, id: string): Promise<Discarded[]> {
  return (await readRecords(place, id)).map(([, discarded]) => discarded);
}

type Recorded = readonly [name: string, discarded: Discarded];

async function readRecords({ dynamodb, queue }: EvidencePlace, id: string): Promise<Recorded[]> {
  const { Item } = await dynamodb.send(
    new GetItemCommand({
      TableName: queue.evidenceTable,
      Key: marshall({ id: recordId(queue, id) }),
      ConsistentRead: true,
    }),
  );
  return Object.entries(Item ? unmarshall(Item) : {})
    .filter(([name]) => name.startsWith(bodyPrefix))
    .map(([name, discarded]) => [name, discarded as Discarded] as const)
    .sort(([, a], [, b]) => a.at.localeCompare(b.at));
}

const bodyPrefix = "body_";

function recordId(queue: Pick<ConsumerQueue, "name">, id: string): string {
  return `discarded:${derivedId(queue.name, id)}`; // a colon: no evidence of a message has this id
}
