// Messages for a queue that does not exist, though the registry names it: each copy waits in a row of its own, so that no
// other message waits with it.
//
//   G3. The sweeper tries such a row every minute. When the queue exists again, it gets its copies. When the consumer has
//   left the registry, its copies are reported and dropped. A message of a type without any consumer stays.
//   G4. The row has a partition key of its own, so it blocks no other row.
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { writeItems } from "../aws/dynamodb-batch.ts";
import { type OutboxMessage, type OutboxRow, orderingKeyOf } from "../commit/outbox.ts";
import { log } from "../observe/log.ts";
import type { Gone } from "./publisher.ts";
import type { Registry } from "./registry.ts";

export interface StrandOptions {
  readonly gone: readonly Gone[];
  /** Rows that stay for another reason, and keep all that is theirs. */
  readonly unsent: ReadonlySet<string>;
  readonly outboxTable: string;
  readonly registry: Registry;
  readonly deadlineMs: number;
}

/** So many ids are in a log line. */
const idsShownMax = 10;

/** @returns the ids of rows that could not be narrowed down, or are already: they stay as they are */
export async function strandRows(rows: readonly OutboxRow[], options: StrandOptions): Promise<Set<string>> {
  const { gone, unsent, registry } = options;
  const { routes } = await registry.knownNow(options);
  const left = new Set<string>();
  for (const { queueUrl, rowIds } of gone) {
    const theirs = rows.filter(({ id }) => rowIds.has(id));
    const stillFor = (row: OutboxRow) =>
      row.messages.some(({ envelope }) => routes.queuesFor(envelope.type)?.includes(queueUrl) ?? true);
    const owed = theirs.filter(stillFor);
    report(queueUrl, { owed, given: theirs.filter((row) => !owed.includes(row)) });
    const fresh = owed.filter((row) => row.queue === undefined && !unsent.has(row.id));
    const kept = await keep(fresh, queueUrl, options);
    for (const row of owed) if (!kept.has(row)) left.add(row.id);
  }
  return left;
}

/** @returns the rows whose copy for the queue now waits by itself */
async function keep(
  rows: readonly OutboxRow[],
  queueUrl: string,
  { outboxTable, deadlineMs }: StrandOptions,
): Promise<Set<OutboxRow>> {
  const puts = new Map(rows.map((row) => [keyText(keyOf(row, queueUrl)), row]));
  const requests = [...puts.values()].map((row) => ({
    PutRequest: { Item: marshall({ ...keyOf(row, queueUrl), ...attributesOf(row), queue: queueUrl }) },
  }));
  const refused = await writeItems(dynamodb(), { table: outboxTable, requests, deadlineMs });
  for (const { entry } of refused) {
    const { id, place } = unmarshall(entry.PutRequest?.Item ?? {});
    puts.delete(keyText({ id, place }));
  }
  return new Set(puts.values());
}

/** Its writer's still (G7), whom the key of a row in the form of older releases does not name. */
function keyOf({ id, key, messages }: OutboxRow, queueUrl: string) {
  const [{ envelope }] = messages as readonly [OutboxMessage];
  return { id: `${orderingKeyOf(envelope)}#${queueUrl.split("/").at(-1)}`, place: key.place ?? id };
}

function keyText({ id, place }: { readonly id: string; readonly place: string }): string {
  return JSON.stringify([id, place]);
}

function attributesOf({ createdAt, messages }: OutboxRow) {
  return { createdAt, messages: messages.map(({ body }) => body), tried: true };
}

function report(
  queueUrl: string,
  { owed, given }: { readonly owed: readonly OutboxRow[]; readonly given: readonly OutboxRow[] },
): void {
  if (owed.length > 0) log("error", "QUEUE_GONE", { queueUrl, ...said(owed) });
  if (given.length > 0) log("error", "CONSUMER_LEFT", { queueUrl, ...said(given) });
}

function said(rows: readonly OutboxRow[]) {
  const messages = messagesOf(rows);
  return { messages: messages.length, messageIds: messages.slice(0, idsShownMax).join(", ") };
}

function messagesOf(rows: readonly OutboxRow[]): string[] {
  return rows.flatMap(({ messages }) => messages.map(({ envelope }) => envelope.id));
}
