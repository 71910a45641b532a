// Step 2 of 4: outbox → queues. Sends the messages of rows, then deletes the rows; the stream and the sweeper both use it.
//
//   G3. A row is deleted only after every destination confirmed every message of it.
//   G4. To a FIFO queue the messages of a producer and key go in commit order, and nothing passes an unconfirmed one. One
//   stream shard has all their rows in that order; older rows that the stream missed are sent first (older-rows.ts). The
//   sweeper takes a key's rows by their places. Both at once are harmless: SQS takes each body once in five minutes, and
//   later the evidence absorbs it. FIFO queues are served before the others, so that a message does not overtake its cause.
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { writeItems } from "../aws/dynamodb-batch.ts";
import type { OutboxMessage, OutboxRow } from "../commit/outbox.ts";
import { atOnce, requestsAtOnce } from "../core/at-once.ts";
import { nowMs } from "../core/clock.ts";
import { errorCodeOf } from "../core/error-code.ts";
import { isFifo } from "../envelope/message-group.ts";
import { log } from "../observe/log.ts";
import { traceHeaderOf } from "../observe/trace.ts";
import type { Journal } from "../pull/journal.ts";
import { appendRows } from "../pull/journal-destination.ts";
import type { Sign } from "../trust/signature.ts";
import { type MessagesOfQueue, messagesByQueue, type RowMessage } from "./messages-by-queue.ts";
import type { WithOlder } from "./older-rows.ts";
import type { Known, Registry } from "./registry.ts";
import { type Outgoing, type Sent, sendAll } from "./send.ts";

export interface Publisher {
  /**
   * Sends rows, in order, and deletes those that were sent whole.
   * @returns the ids of the rows that were sent whole
   */
  publish(rows: readonly OutboxRow[], options: { deadlineMs: number }): Promise<Set<string>>;
}

export interface PublisherOptions {
  /** Where rows are read and deleted. */
  readonly outboxTable: string;
  /** The outbox of older releases: where rows without a place are deleted. */
  readonly formerOutboxTable?: string | undefined;
  /**
   * Which type goes to which queues, and who may publish it. A row whose producer may not publish its type is neither
   * signed nor sent, and stays. Without producers every row is sent.
   */
  readonly registry: Registry;
  /** The rows come by their stream: those that a FIFO queue did not take are noted, for those behind them. */
  readonly streamed?: boolean;
  /** Signs each message for the queue it goes to; absent sends them unsigned. */
  readonly sign?: Sign;
  /** Gets every message, before any queue does. */
  readonly journal?: Journal;
}

/**
 * How long a row without a route, or one that the journal does not take, holds those behind it: a deployment brings routes,
 * an outage ends. A row that fails for longer fails permanently, and its key goes on without it.
 */
const holdsMs = 3_600_000;

export function publisher(options: PublisherOptions): Publisher {
  return {
    async publish(rows, within) {
      const known = await options.registry.known(rows, within);
      return publisherBy(known, options).publish(rows, within);
    },
  };
}

/** By one reading of the registry: a route must not go while rows are between its being looked up twice. */
function publisherBy({ routes, producers }: Known, options: PublisherOptions): Publisher {
  const { outboxTable, formerOutboxTable, registry, streamed, sign, journal } = options;
  return {
    async publish(given, { deadlineMs }) {
      const { rows, unread } = await withOlder(given);
      const unsent = await journaled(rows, deadlineMs);
      const open = rows.filter((row) => !unsent.has(row.id));
      for (const row of open) if (isUnrouted(row)) unsent.add(row.id);
      const waiting = behind(rows, (row) => unsent.has(row.id) && isYoung(row));
      for (const { id, key } of given) if (unread.has(key.id)) waiting.add(id);
      const { refused, gone } = await toQueues(open, waiting, deadlineMs);
      for (const id of refused) unsent.add(id);
      for (const id of await strand(open, { gone, unsent }, deadlineMs)) unsent.add(id);
      const inTable = rows.filter((row) => row.inItemOf === undefined);
      if (streamed) await noteUnsent(inTable.filter((row) => unsent.has(row.id)));
      await remove(
        inTable.filter((row) => !unsent.has(row.id)),
        deadlineMs,
      );
      return new Set(rows.map((row) => row.id).filter((id) => !unsent.has(id)));
    },
  };

  /** Ids of rows that the journal has not, and of those that their writer may not sign: neither is sent. */
  async function journaled(rows: readonly OutboxRow[], deadlineMs: number): Promise<Set<string>> {
    const own = producers ? rows.filter(producers.wrote) : rows;
    const unsent = journal ? await appendRows(journal, own, { deadlineMs }) : new Set<string>();
    for (const { id } of rows.filter((row) => !own.includes(row))) unsent.add(id);
    return unsent;
  }

  /** G3: it stays until the routes have all its types; what can be sent of it is sent meanwhile, in its turn. */
  function isUnrouted({ messages }: OutboxRow): boolean {
    return messages.some(({ envelope }) => routes.queuesFor(envelope.type) === undefined);
  }

  function isOrdered({ messages }: OutboxRow): boolean {
    return messages.some(({ envelope }) => routes.queuesFor(envelope.type)?.some(isFifo));
  }

  /** Loaded with the first queue that is not there. @returns the ids of rows that stay where they are */
  async function strand(
    rows: readonly OutboxRow[],
    { gone, unsent }: { readonly gone: readonly Gone[]; readonly unsent: ReadonlySet<string> },
    deadlineMs: number,
  ): Promise<Iterable<string>> {
    if (gone.length === 0) return [];
    const { strandRows } = await import("./stranded-rows.ts");
    return strandRows(rows, { gone, unsent, outboxTable, registry, deadlineMs });
  }

  /** Loaded with the first row that goes to a FIFO queue: not everybody has one. */
  async function withOlder(given: readonly OutboxRow[]): Promise<WithOlder> {
    const ordered = given.filter(isOrdered);
    if (ordered.length === 0) return { rows: given, unread: new Set() };
    const { withOlderRows } = await import("./older-rows.ts");
    return withOlderRows(outboxTable, given, ordered);
  }

  async function noteUnsent(rows: readonly OutboxRow[]): Promise<void> {
    const noted = rows.filter((row) => isOrdered(row) || isUnrouted(row));
    if (noted.length === 0) return;
    const { noteTried } = await import("./older-rows.ts");
    await noteTried(outboxTable, noted);
  }

  /**
   * Sends what rows hold; the FIFO part of those that wait is left out.
   * @returns the ids of rows of which a queue did not confirm a message, apart from those of queues that are not there
   */
  async function toQueues(
    rows: readonly OutboxRow[],
    waiting: ReadonlySet<string>,
    deadlineMs: number,
  ): Promise<{ refused: Set<string>; gone: Gone[] }> {
    const refused = new Set<string>();
    const gone: Gone[] = rows.flatMap(({ id, queue, messages }) =>
      queue === undefined || messages.some(({ envelope }) => routes.queuesFor(envelope.type)?.includes(queue))
        ? []
        : [{ queueUrl: queue, rowIds: new Set([id]) }],
    );
    const all = messagesByQueue(rows, routes);
    for (const fifo of [true, false]) {
      const queues = all.filter(([queueUrl]) => isFifo(queueUrl) === fifo);
      await atOnce(queues, requestsAtOnce, toQueue);
    }
    return { refused, gone };

    async function toQueue([queueUrl, rowMessages]: MessagesOfQueue): Promise<void> {
      const isHeld = ({ rowId }: RowMessage) => isFifo(queueUrl) && waiting.has(rowId);
      const free = rowMessages.filter((rowMessage) => !isHeld(rowMessage));
      const confirmed = await attempt(queueUrl, free, deadlineMs);
      if (confirmed === undefined) {
        gone.push({ queueUrl, rowIds: new Set(rowMessages.map(({ rowId }) => rowId)) });
        return;
      }
      const unconfirmed = free.filter((_, index) => !confirmed[index]);
      for (const { rowId } of [...unconfirmed, ...rowMessages.filter(isHeld)]) refused.add(rowId);
    }
  }

  /** A queue that cannot be reached fails its own messages, not those of other queues. Undefined: the queue does not exist. */
  async function attempt(
    queueUrl: string,
    rowMessages: readonly RowMessage[],
    deadlineMs: number,
  ): Promise<readonly boolean[] | undefined> {
    const { confirmed, error } = await sendSigned(queueUrl, rowMessages, deadlineMs);
    if (error === undefined) return confirmed;
    const errorCode = errorCodeOf(error);
    if (/\bNonExistentQueue$|^QueueDoesNotExist$/.test(errorCode)) return undefined;
    log("warn", "SEND_FAILED", { queueUrl, errorCode });
    return confirmed;
  }

  async function sendSigned(
    queueUrl: string,
    rowMessages: readonly RowMessage[],
    deadlineMs: number,
  ): Promise<Sent> {
    try {
      const outgoing = await Promise.all(rowMessages.map(({ message }) => outgoingOf(message, queueUrl)));
      return await sendAll(queueUrl, outgoing, { deadlineMs });
    } catch (error) {
      return { confirmed: [], error };
    }
  }

  async function outgoingOf(message: OutboxMessage, queueUrl: string): Promise<Outgoing> {
    const { body, envelope } = message;
    const outgoing = { body, key: envelope.partitionkey, traceHeader: traceHeaderOf(envelope) };
    return sign === undefined ? outgoing : { ...outgoing, attributes: await sign(message, queueUrl) };
  }

  /** A row that stays behind is sent again by the sweeper, and the receivers recognise its messages. */
  async function remove(rows: readonly OutboxRow[], deadlineMs: number): Promise<void> {
    const tables = Map.groupBy(rows, ({ key }) =>
      key.place === undefined ? formerOutboxTable : outboxTable,
    );
    for (const [table = outboxTable, list] of tables) {
      const requests = list.map(({ key }) => ({ DeleteRequest: { Key: marshall(key) } }));
      const left = await writeItems(dynamodb(), { table, requests, deadlineMs });
      if (left.length > 0) log("warn", "DELETE_UNFINISHED", { rows: left.length });
    }
  }
}

function isYoung({ createdAt }: OutboxRow): boolean {
  return nowMs() - Date.parse(createdAt) < holdsMs;
}

/** The ids of rows at which, or before which, something of their producer and key is not to be passed. */
function behind(rows: readonly OutboxRow[], isHeld: (row: OutboxRow) => boolean): Set<string> {
  const lines = new Set<string>();
  const ids = new Set<string>();
  for (const row of rows) {
    if (isHeld(row)) lines.add(row.key.id);
    if (lines.has(row.key.id)) ids.add(row.id);
  }
  return ids;
}

/** A queue that the registry names and SQS does not know, and the rows that have something for it. */
export interface Gone {
  readonly queueUrl: string;
  readonly rowIds: ReadonlySet<string>;
}
