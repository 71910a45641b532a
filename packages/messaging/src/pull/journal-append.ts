// Appending to the journal: the head of the partition moves by compare-and-set in the transaction that puts the
// entries, so numbers have neither gap nor double; evidence beside each entry makes a second append a duplicate.
//
//   G2. Entry and evidence commit together. The evidence stays as long as the journal: there is no window.
//   G4. Nothing is put behind a message that may not be there.
//   G11. An append loses a bounded number of races.
import {
  type CancellationReason,
  type DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { isTransient } from "../aws/cancellation.ts";
import { inTurn } from "../aws/turns.ts";
import type { Write } from "../commit/unit-of-work.ts";
import { nowMs } from "../core/clock.ts";
import { waitToRetry } from "../core/retry.ts";
import { saysTheSame } from "../envelope/digest.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { log } from "../observe/log.ts";
import type { Appended, Journal, JournalMessage } from "./journal.ts";
import {
  chunksOf,
  duplicateOf,
  evidenceIn,
  headIn,
  idReused,
  type JournalItem,
  journalItem,
  partitionId,
  type StoredItem,
  tooLarge,
  transactionOf,
} from "./journal-items.ts";
import { requireSameNumber } from "./journal-partitions.ts";

/** Each try lost a race for the head or met transient trouble. */
const attemptsMax = 12;

export interface AppenderOptions {
  readonly name: string;
  readonly table: string;
  readonly client: () => DynamoDBClient;
  readonly partitions: number;
  readonly partitionOf: (envelope: Envelope) => number;
  /** @throws PartitionsChanged when the journal has another number of partitions */
  readonly checkPartitions: () => Promise<void>;
}

export function journalAppender({
  name,
  table,
  client,
  partitions,
  partitionOf,
  checkPartitions,
}: AppenderOptions): Pick<Journal, "append" | "find"> {
  /** Where this process last saw the heads: a guess that saves a read and that the condition checks. */
  const heads = new Map<number, number>();

  return { append, find };

  async function append(
    messages: readonly JournalMessage[],
    { deadlineMs }: { deadlineMs: number },
  ): Promise<Appended[]> {
    const items = messages.map(itemOf);
    const first = new Map(items.toReversed().map((item) => [item.evidenceId, item]));
    const distinct = items.filter((item) => first.get(item.evidenceId) === item && !tooLarge(item));
    const results: Results = new Map();
    await Promise.all(
      [...Map.groupBy(distinct, (item) => item.partition)].map(async ([partition, list]) =>
        appendTo(partition, list, results, deadlineMs),
      ),
    );
    return items.map((item) => {
      if (!saysTheSame(first.get(item.evidenceId)?.said ?? item.said, item.said)) return idReused(item);
      return tooLarge(item) ?? results.get(item.evidenceId) ?? { kind: "unconfirmed" };
    });
  }

  async function find(message: JournalMessage): Promise<Appended | undefined> {
    const item = itemOf(message);
    const evidence = await get({ id: item.evidenceId, sequence: 0 });
    return evidence && duplicateOf(item, evidence);
  }

  /** A partition that fails leaves its messages unconfirmed, and those of the other partitions alone (G5). */
  async function appendTo(
    partition: number,
    items: readonly JournalItem[],
    results: Results,
    deadlineMs: number,
  ): Promise<void> {
    try {
      const line = `${table} ${partitionId(name, partition)}`; // of this process one at a time races for the head
      const turn = await inTurn(line, { untilMs: deadlineMs }, async () => appendChunks());
      if (turn?.result) return;
      log("warn", "APPEND_CONTENDED", { journal: name, partition });
      for (const { evidenceId } of items) {
        if (!results.has(evidenceId)) results.set(evidenceId, { kind: "unconfirmed", contended: true });
      }
    } catch (error) {
      const errorCode = error instanceof Error ? error.name : typeof error;
      log("warn", "APPEND_FAILED", { journal: name, partition, errorCode });
    }

    /** G4: nothing behind a doubtful one. */
    async function appendChunks(): Promise<boolean> {
      for (const chunk of chunksOf(items)) {
        if (!(await appendChunk(partition, chunk, results, deadlineMs))) return false;
      }
      return true;
    }
  }

  async function appendChunk(
    partition: number,
    chunk: readonly JournalItem[],
    results: Results,
    deadlineMs: number,
  ): Promise<boolean> {
    let open = chunk;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      open = await appendOnce(partition, open, results);
      if (open.length === 0) return true;
      if (attempt === 1) {
        if (nowMs() >= deadlineMs) return false;
        continue; // the cancellation has just said where the head is
      }
      if (!(await waitToRetry({ attempt, deadlineMs }))) return false;
      heads.delete(partition); // others went on meanwhile
    }
    return false;
  }

  /** @returns what is still to be appended, to the head that this try learned */
  async function appendOnce(
    partition: number,
    items: readonly JournalItem[],
    results: Results,
  ): Promise<JournalItem[]> {
    const head = heads.get(partition) ?? (await readHead(partition));
    const id = partitionId(name, partition);
    const reasons = await send(transactionOf(table, { id, head, partitions }, items));
    if (reasons === undefined) {
      heads.set(partition, head + items.length);
      for (const [index, { evidenceId }] of items.entries()) {
        results.set(evidenceId, { kind: "appended", partition, sequence: head + 1 + index });
      }
      return [];
    }
    const headNow = headIn(reasons);
    requireSameNumber({ name, partitions }, headNow);
    if (headNow !== undefined) heads.set(partition, numberOf(headNow));
    const open = items.filter((item, index) => {
      const evidence = evidenceIn(reasons, index);
      if (evidence) results.set(item.evidenceId, duplicateOf(item, evidence));
      return !evidence;
    });
    const learned = headNow !== undefined || open.length < items.length;
    if (!learned && !reasons.some(({ Code }) => isTransient(Code))) throw new AppendRefused();
    return open;
  }

  function itemOf(message: JournalMessage): JournalItem {
    return journalItem(name, partitionOf(message.envelope), message);
  }

  async function readHead(partition: number): Promise<number> {
    const item = await get({ id: partitionId(name, partition), sequence: 0 });
    if (item === undefined) await checkPartitions(); // the first entry of a partition, or the first of another number
    requireSameNumber({ name, partitions }, item);
    return numberOf(item);
  }

  async function get(key: { id: string; sequence: number }): Promise<StoredItem | undefined> {
    const { Item } = await client().send(
      new GetItemCommand({ TableName: table, Key: marshall(key), ConsistentRead: true }),
    );
    return Item;
  }

  /** @returns undefined when it committed, else a reason for each action */
  async function send(TransactItems: Write[]): Promise<readonly CancellationReason[] | undefined> {
    try {
      await client().send(new TransactWriteItemsCommand({ TransactItems })); // a lost answer: the SDK's token
      return undefined;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return error.CancellationReasons ?? [];
      if (error instanceof TransactionInProgressException) return [{ Code: "TransactionConflict" }];
      throw error;
    }
  }
}

function numberOf(head: StoredItem | undefined): number {
  return Number(head?.head?.N ?? 0);
}

/** Of each message, by its evidence. */
type Results = Map<string, Appended>;

/** By the journal's table, for good. */
class AppendRefused extends Error {
  override readonly name = "AppendRefused";
}
