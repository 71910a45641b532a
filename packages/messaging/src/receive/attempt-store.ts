// What is known of a redelivered record's last run: did it end, or did the process die with it?
//
//   G5. A record whose last run never ended is a suspect. Nothing is written while all goes well: a note is
//   made when a run fails, and before a suspect runs alone, so that the next process knows which one it was.
//   G6. A receive is no attempt: it may have been throttled, or have waited for a busy key, or in a FIFO group behind a
//   failure. Attempts are the runs that were noted, and they alone end in a dead letter.
import { type AttributeValue, type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { SQSRecord } from "aws-lambda";
import { dynamodb } from "../aws/clients.ts";
import { getItems } from "../aws/dynamodb-batch.ts";
import { attemptOf, pastOf, type QueuePosition, receiveCountOf, setPast } from "../commit/received.ts";
import { nowMs, nowSeconds } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { RetryLater } from "../core/outcome.ts";
import { logUnderBoth as log } from "../observe/former-codes.ts";

/** `ended`: it failed, or waited, and said so. `alone`: it was run by itself and nothing was heard since. */
export type LastRun = "ended" | "alone" | "unknown";

export interface AttemptStore {
  /**
   * What is known of the last runs of records, by message id; a record that is not in it is `unknown`. From here on
   * `attemptOf` knows their attempts.
   */
  lastRuns(records: readonly SQSRecord[]): Promise<ReadonlyMap<string, LastRun>>;
  /**
   * Before a run alone, and after one that failed or waited.
   * @param waiting `ahead`: how many are in front of it, when it waits in a line; as it comes nearer, its waits are counted
   *   anew. `kept`: for the next receive alone
   */
  note(
    record: SQSRecord,
    run: "failed" | "waited" | "alone",
    waiting?: Partial<Pick<RetryLater, "ahead" | "kept">>,
  ): Promise<void>;
}

/** A note is of use until the next receive; a day is longer than any visibility timeout (12 h). */
const noteSeconds = 86_400;

/** Those of whose runs nothing could be read: that is not to say that there were none. */
const unread = new WeakSet<SQSRecord>();

/**
 * Notes kept in the evidence table. They only sort the work: when the table does not answer, records are run
 * without them.
 */
export function attemptStore({
  table,
  client = dynamodb,
}: {
  table: string;
  client?: () => DynamoDBClient;
}): AttemptStore {
  return {
    async lastRuns(records) {
      const runs = new Map<string, LastRun>();
      const keys = new Map(records.map((record) => [idOf(record), record]));
      for (const item of await read(records, [...keys.keys()])) {
        const note = unmarshall(item);
        const record = keys.get(note.id);
        if (record === undefined) continue;
        const { runs: attempts = 0, waits = 0, line } = note;
        const kept = isOfLastReceive(note, record) ? note.kept : undefined;
        setPast(record, { attempts: Number(attempts), waits: Number(waits), line, kept });
        runs.set(record.messageId, lastRunIn(note, record));
      }
      return runs;
    },

    async note(record, run, { ahead, kept } = {}) {
      if (unread.has(record)) return; // it would begin to count anew
      const { attempts, waits, line } = pastOf(record);
      const hasWaited = run === "waited";
      const Item = marshall({
        id: idOf(record),
        run: run === "alone" ? run : "ended", // as earlier releases write it
        runs: hasWaited ? attempts : attemptOf(record),
        waits: (isNearer(record, ahead) ? 0 : waits) + (hasWaited ? 1 : 0),
        ...lineOf(line, ahead),
        ...(kept && { kept }),
        receiveCount: receiveCountOf(record),
        expiresAt: nowSeconds() + noteSeconds,
      });
      try {
        await client().send(new PutItemCommand({ TableName: table, Item }));
      } catch (error) {
        unavailable(error);
      }
    },
  };

  async function read(
    records: readonly SQSRecord[],
    ids: readonly string[],
  ): Promise<Record<string, AttributeValue>[]> {
    try {
      return await getItems(client(), { table, keys: ids.map((id) => marshall({ id })) });
    } catch (error) {
      for (const record of records) unread.add(record);
      unavailable(error);
      return [];
    }
  }
}

function lineOf(line: QueuePosition | undefined, ahead = line?.ahead): { line?: QueuePosition } {
  return ahead === undefined ? {} : { line: { firstAhead: ahead, firstMs: nowMs(), ...line, ahead } };
}

/** Pauses grow only while nothing moves. */
export function isNearer(record: SQSRecord, ahead: number | undefined): boolean {
  const { line } = pastOf(record);
  return line !== undefined && ahead !== undefined && ahead < line.ahead;
}

function lastRunIn(note: Record<string, unknown>, record: SQSRecord): LastRun {
  if (note.run === "alone") return "alone";
  return isOfLastReceive(note, record) ? "ended" : "unknown";
}

/** That an older run ended says nothing about the last one, which may have used what the older one kept. */
function isOfLastReceive({ receiveCount }: Record<string, unknown>, record: SQSRecord): boolean {
  return receiveCount === receiveCountOf(record) - 1;
}

/** SQS's own message id is right here: a redriven message starts with a clean slate. */
function idOf(record: SQSRecord): string {
  return derivedId("run", record.eventSourceARN, record.messageId);
}

function unavailable(error: unknown): void {
  log("warn", "ATTEMPTS_UNAVAILABLE", {
    errorCode: error instanceof RetryLater ? error.code : error instanceof Error ? error.name : typeof error,
  });
}
