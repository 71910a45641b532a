// Step 2 of 4: outbox → queues. Sends what rows hold, then deletes the rows; the stream and the sweeper both
// come through here.
//
//   G3. A row is deleted only after every destination confirmed every message of it.
//   G4. To a FIFO queue the messages of a key go in the order of the rows, and nothing passes one that was
//   refused. What that order is: within a row, that of the unit of work. Between rows, the stream brings each of
//   its shards in the order of commits, and the sweeper takes rows by `createdAt`. Both at once are harmless: SQS
//   takes each body once in five minutes and evidence absorbs it later, so whoever comes second changes nothing.
//   Two rows of a key may change places only when they are committed within the time that two shards are apart,
//   when the clocks of their writers are, or when the stream has given up the first, and not the second. Where
//   that matters, the producer numbers its messages, and the numbers decide at the consumer: sequence-evidence.ts.
import { marshall } from "@aws-sdk/util-dynamodb";
import { dynamodb } from "./clients.ts";
import { writeItems } from "./dynamodb-batch.ts";
import type { Journal } from "./journal.ts";
import { appendRows } from "./journal-destination.ts";
import { log } from "./log.ts";
import type { OutboxMessage, OutboxRow } from "./outbox.ts";
import { RetryLater } from "./outcome.ts";
import type { Routes } from "./routes.ts";
import { type Outgoing, sendAll } from "./send.ts";
import type { Sign } from "./signature.ts";
import { traceHeaderOf } from "./trace.ts";

export interface Publisher {
  /**
   * Sends rows, in order, and deletes those that were sent whole.
   * @returns the ids of the rows that were sent whole
   */
  publish(rows: readonly OutboxRow[], options: { deadlineMs: number }): Promise<Set<string>>;
}

export interface PublisherOptions {
  /** Where sent rows are deleted; absent for rows that are in no table (see inline-stream.ts). */
  readonly outboxTable?: string;
  readonly routes: Routes;
  /** Signs each message for the queue it goes to; absent sends them unsigned. */
  readonly sign?: Sign;
  /** Gets every message, before any queue does. */
  readonly journal?: Journal;
}

export function publisher({ outboxTable, routes, sign, journal }: PublisherOptions): Publisher {
  return {
    async publish(rows, { deadlineMs }) {
      const unsent = journal ? await appendRows(journal, rows, { deadlineMs }) : new Set<string>();
      const open = rows.filter((row) => !unsent.has(row.id));
      for (const row of open.filter(isUnrouted)) unsent.add(row.id);
      for (const [queueUrl, letters] of lettersByQueue(open)) {
        const confirmed = await attempt(queueUrl, letters, deadlineMs);
        for (const [index, letter] of letters.entries()) if (!confirmed[index]) unsent.add(letter.rowId);
      }
      const sent = new Set(rows.map((row) => row.id).filter((id) => !unsent.has(id)));
      if (outboxTable !== undefined) await remove(outboxTable, [...sent], deadlineMs);
      return sent;
    },
  };

  /** G3: it stays until the routes have all its types; what can be sent of it is sent meanwhile, in its turn. */
  function isUnrouted({ messages }: OutboxRow): boolean {
    return messages.some(({ envelope }) => routes.queuesFor(envelope.type) === undefined);
  }

  function lettersByQueue(rows: readonly OutboxRow[]): Map<string, Letter[]> {
    const letters = new Map<string, Letter[]>();
    for (const row of rows) {
      for (const message of row.messages) {
        for (const queueUrl of routes.queuesFor(message.envelope.type) ?? []) {
          const list = letters.get(queueUrl) ?? [];
          letters.set(queueUrl, list);
          list.push({ rowId: row.id, message });
        }
      }
    }
    return letters;
  }

  /** A queue that cannot be reached fails its own letters and not those of the other queues. */
  async function attempt(
    queueUrl: string,
    letters: readonly Letter[],
    deadlineMs: number,
  ): Promise<boolean[]> {
    try {
      const outgoing = await Promise.all(letters.map(({ message }) => outgoingOf(message, queueUrl)));
      return await sendAll(queueUrl, outgoing, { deadlineMs });
    } catch (error) {
      log("warn", "SEND_FAILED", { queueUrl, errorCode: codeOf(error) });
      return letters.map(() => false);
    }
  }

  async function outgoingOf(message: OutboxMessage, queueUrl: string): Promise<Outgoing> {
    const { body, envelope } = message;
    const outgoing = { body, key: envelope.partitionkey, traceHeader: traceHeaderOf(envelope) };
    return sign === undefined ? outgoing : { ...outgoing, attributes: await sign(message, queueUrl) };
  }

  /** A row that stays behind is sent again by the sweeper, and the receivers recognise its messages. */
  async function remove(table: string, ids: readonly string[], deadlineMs: number): Promise<void> {
    const requests = ids.map((id) => ({ DeleteRequest: { Key: marshall({ id }) } }));
    const left = await writeItems(dynamodb(), { table, requests, deadlineMs });
    if (left.length > 0) log("warn", "DELETE_UNFINISHED", { rows: left.length });
  }
}

function codeOf(error: unknown): string {
  if (error instanceof RetryLater) return error.code; // KEYS_UNAVAILABLE: the rows stay until it has keys
  return error instanceof Error ? error.name : typeof error;
}

interface Letter {
  readonly rowId: string;
  readonly message: OutboxMessage;
}
