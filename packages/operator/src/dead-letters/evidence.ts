// Looks up whether a message was processed, where its consumer keeps the evidence: in an item of its own (rows,
// at-most-once) or in an attribute of the item that it changes (inline).
//
//   G6. Evidence that is found is proof: the message is not sent again. Missing evidence proves nothing (a consumer may
//   keep it where we do not look). Then the message is redriven, and its consumer decides.
//   docs/adr/0012-redrive-reads-the-evidence.md

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { type Envelope, isUnread, readEnvelope } from "@essentially-once/messaging/envelope";
import { evidenceId } from "@essentially-once/messaging/ids";
import { getItems } from "@essentially-once/messaging/internal/aws/dynamodb-batch";
import { itemsNamedBy } from "@essentially-once/messaging/internal/commit/item-evidence";
import { digestOf, saysTheSame } from "@essentially-once/messaging/internal/envelope/digest";
import { Park } from "@essentially-once/messaging/outcome";
import type { ConsumerQueue } from "./consumer-queues.ts";
import { findInItem, type Item, noEvidenceThere } from "./inline-evidence.ts";

export type Verdict =
  /** Nothing is known: it was not processed, as far as can be seen. */
  | { readonly kind: "open" }
  | { readonly kind: "done"; readonly at?: string }
  /** An operator's edit stands in its place; not `sent`, the edit was cut short. */
  | { readonly kind: "superseded"; readonly by: string; readonly sent: boolean }
  /** An operator discarded it: a copy of it takes no effect any more. */
  | { readonly kind: "discarded"; readonly at: string }
  /** At most once: it had no effect, was counted as lost, and never will have one. */
  | { readonly kind: "lost" }
  /** A delivery is processing it, and its lease has not ended. */
  | { readonly kind: "claimed"; readonly untilMs: number }
  /** Another message of its identity was processed: this one will be parked again. */
  | { readonly kind: "id-reused" };

export interface EvidencePlace {
  readonly dynamodb: DynamoDBClient;
  readonly queue: ConsumerQueue;
}

const open: Verdict = { kind: "open" };

/** The verdicts on messages, undefined for what is none; read consistently, so they hold at the time of the call. */
export async function askEvidence(
  place: EvidencePlace,
  messages: readonly (Envelope | undefined)[],
): Promise<Verdict[]> {
  const { dynamodb, queue } = place;
  const consumer = queue.name;
  const known = messages.filter((message) => message !== undefined);
  const rows = await readItems(
    dynamodb,
    queue.evidenceTable,
    known.map((message) => evidenceId({ consumer, message })),
  );
  const states = await Promise.all((queue.stateTables ?? []).map((table) => readState(place, table, known)));
  return Promise.all(
    messages.map(async (message) => {
      if (message === undefined) return open; // no consumer can have processed it
      const row = rows.get(evidenceId({ consumer, message }));
      return row ? verdictOfRow(unmarshall(row), message) : verdictOfItems(place, states, message);
    }),
  );
}

interface State {
  readonly table: string;
  readonly items: ReadonlyMap<string, Item>;
}

async function readState(
  { dynamodb, queue }: EvidencePlace,
  table: string,
  messages: readonly Envelope[],
): Promise<State> {
  const ids = messages.flatMap((message) => itemsNamedBy(queue.name, message));
  const items = await readItems(dynamodb, table, ids).catch(noEvidenceThere);
  return { table, items: items ?? new Map() };
}

export function messageIn(body: string): Envelope | undefined {
  try {
    return readEnvelope(body);
  } catch (error) {
    if (error instanceof Park) return undefined;
    throw error;
  }
}

function verdictOfRow(item: Record<string, unknown>, message: Envelope): Verdict {
  // Data that were not fetched may say the same under another reference: the consumer fetches them, and knows.
  if (!saysTheSame(item, digestOf(message))) return isUnread(message) ? open : { kind: "id-reused" };
  if (typeof item.supersededBy === "string") {
    return { kind: "superseded", by: item.supersededBy, sent: item.sentAt !== undefined };
  }
  if (typeof item.discardedAt === "string") return { kind: "discarded", at: item.discardedAt };
  if (item.state === "free") return open;
  if (item.state === "claimed") return { kind: "claimed", untilMs: Number(item.untilMs) };
  if (item.state === "settled" && item.result === JSON.stringify("lost")) return { kind: "lost" };
  return { kind: "done", ...(typeof item.processedAt === "string" && { at: item.processedAt }) };
}

async function verdictOfItems(
  place: EvidencePlace,
  states: readonly State[],
  message: Envelope,
): Promise<Verdict> {
  for (const { table, items } of states) {
    for (const id of itemsNamedBy(place.queue.name, message)) {
      const found = await findInItem(place, { table, id, item: items.get(id) }, message);
      if (found === "other") return isUnread(message) ? open : { kind: "id-reused" };
      if (found) return { kind: "done" }; // or barred, and what barred it is forgotten: it takes no effect any more
    }
  }
  return open;
}

async function readItems(
  dynamodb: DynamoDBClient,
  table: string,
  ids: readonly string[],
): Promise<Map<string, Item>> {
  const keys = [...new Set(ids)].map((id) => marshall({ id }));
  const items = await getItems(dynamodb, { table, keys });
  return new Map(items.map((item) => [item.id?.S ?? "", item]));
}
