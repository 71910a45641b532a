// The record of an effect outside DynamoDB that a dead letter was parked for (IN_DOUBT): its detail names the item.

import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { EvidencePlace } from "./evidence.ts";

/** Undefined when the detail names none, or it is gone. The result of an effect is not shown: it is payload. */
export async function readEffect(
  { dynamodb, queue }: EvidencePlace,
  detail: string,
): Promise<Record<string, unknown> | undefined> {
  const [id] = /effect:[\w-]{43}/.exec(detail) ?? [];
  if (id === undefined) return undefined;
  const { Item } = await dynamodb.send(
    new GetItemCommand({ TableName: queue.evidenceTable, Key: marshall({ id }), ConsistentRead: true }),
  );
  if (Item === undefined) return undefined;
  const { key, state, fence, untilMs } = unmarshall(Item);
  const until = new Date(Number(untilMs));
  return { key, state, fence, ...(Number.isFinite(until.getTime()) && { until: until.toISOString() }) };
}
