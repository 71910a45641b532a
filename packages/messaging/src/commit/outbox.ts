// The outbox: messages committed with a state change and not yet sent. One row per unit of work and key, with its
// messages in order, because the records of one transaction may leave the stream interleaved.
//
//   G1. The rows are writes of the unit's own transaction.
//   G3. A row stays until every destination has confirmed: what is in the table is what is outstanding.
//   G4. The rows of one producer and key have one partition key, so one shard of the stream brings them in the order of
//   their commits; their sort key has the same order for whoever finds them in the table.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { nowIso } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { asciiJson, type Envelope, readKept } from "../envelope/envelope.ts";
import { keyedBy } from "./limits.ts";
import { stamped } from "./stamp.ts";
import type { Write } from "./unit-of-work.ts";

export interface OutboxRow {
  /** Tells it from all other rows. */
  readonly id: string;
  readonly key: RowKey;
  readonly createdAt: string;
  readonly messages: readonly OutboxMessage[];
  /** Rows of its key whose places begin with this or less are older, whatever the stream brings first. */
  readonly after: string;
  /** It was brought by its stream and could not be sent: every row of its key that the stream brings is younger. */
  readonly tried: boolean;
  /** The service's table that it is in an item of; nothing has to be deleted there: see inline-stream.ts. */
  readonly inItemOf?: string;
  /** The one queue that it still has to go to, because the queue was not there; every other one has it: see stranded-rows.ts. */
  readonly queue?: string;
}

/** Its key in the table. */
export interface RowKey {
  /** `<producer>#<hash of the messages' key>`. */
  readonly id: string;
  /** Sorts as the commits of producer and key do. Absent for rows in the form of older releases. */
  readonly place?: string;
}

export interface OutboxMessage {
  /** The exact text that is sent. */
  readonly body: string;
  readonly envelope: Envelope;
}

/** 132 bits: enough to tell keys, and commits, apart. */
const hashLength = 22;

/**
 * The writes of a unit of work with the rows of its messages, one a key; the caller's transaction performs them.
 * @param id the name of the commit
 */
export function writesWithRows(
  { writes, messages }: { readonly writes: readonly Write[]; readonly messages: readonly Envelope[] },
  { table, id }: { readonly table: () => string; readonly id: string },
): Write[] {
  const commit = stamped(writes);
  const place = placeOf(commit.stamp, id);
  const rows = [...Map.groupBy(messages, orderingKeyOf)].map(([line, list]) =>
    rowWrite(table(), { id: line, place }, { after: commit.after, bodies: list.map(asciiJson) }),
  );
  return [...commit.writes, ...rows];
}

/** The partition key of the rows of a message's producer and key. */
export function orderingKeyOf({ source, partitionkey }: Pick<Envelope, "source" | "partitionkey">): string {
  return `${source.replace(/^\//, "")}#${derivedId(partitionkey).slice(0, hashLength)}`;
}

/** @param order a text that sorts as the commits do */
export function placeOf(order: string, id: string): string {
  return `${order}#${id.slice(0, hashLength)}`;
}

function rowWrite(
  TableName: string,
  key: Required<RowKey>,
  { after, bodies }: { readonly after: string; readonly bodies: readonly string[] },
): Write {
  keyedBy(TableName, Object.keys(key));
  const Item: Record<string, AttributeValue> = {
    id: { S: key.id },
    place: { S: key.place },
    ...(after && { after: { S: after } }),
    createdAt: { S: nowIso() },
    messages: { L: bodies.map((S) => ({ S })) },
  };
  return { Put: { TableName, Item } };
}

/**
 * Reads a row from the table or its stream.
 * @throws Error naming the row when it is not one that `writesWithRows` wrote
 */
export function readOutboxRow(item: Readonly<Record<string, AttributeValue>>): OutboxRow {
  const { id, place, after = "", createdAt, messages, tried = false, queue } = unmarshall({ ...item });
  if (typeof id !== "string" || typeof createdAt !== "string" || !isTexts(messages)) {
    throw new Error(`Outbox row ${JSON.stringify(id)} must have a createdAt and a list of message texts`);
  }
  return {
    ...(typeof place === "string" ? { id: `${id}/${place}`, key: { id, place } } : { id, key: { id } }),
    createdAt,
    messages: messages.map((body) => ({ body, envelope: readKept(body) })),
    after: String(after),
    tried: tried === true,
    ...(typeof queue === "string" && { queue }),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
