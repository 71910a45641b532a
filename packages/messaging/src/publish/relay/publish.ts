// Step 2 of 4: outbox → queues, by the stream. Every committed row passes through here within moments, and so do the
// messages that `inline` keeps in the items of other tables.
//
//   G3. An unconfirmed record is reported to the stream, which delivers it again. Its row stays meanwhile; messages of
//   an item get a row.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { beforeDeadline } from "../../aws/batch.ts";
import { outboxIdAttribute } from "../../commit/inline-write.ts";
import { type OutboxRow, readOutboxRow } from "../../commit/outbox.ts";
import { nowMs } from "../../core/clock.ts";
import { environment } from "../../core/environment.ts";
import { metricNames } from "../../core/metric-names.ts";
import { log } from "../../observe/log.ts";
import { count } from "../../observe/metrics.ts";
import { journal } from "../../pull/journal.ts";
import { keepingClaims } from "../../pull/journal-claims.ts";
import { observed } from "../../receive/observed.ts";
import { signer } from "../../trust/signature.ts";
import { keepRows, readInlineRows } from "../inline-stream.ts";
import { publisher } from "../publisher.ts";
import { deployedRegistry } from "../registry.ts";

const outboxTable = environment("ORDERED_OUTBOX_TABLE");
const registry = deployedRegistry();
const outbox = publisher({
  outboxTable,
  registry,
  formerOutboxTable: process.env.OUTBOX_TABLE,
  streamed: true,
  journal: keepingClaims(journal()),
  sign: signer(),
});

/** Kept back from the function's timeout to answer. */
const answerMs = 500;
/** So long, for the order's sake, a row that is kept holds those behind it; then they are the sweeper's and its own. */
const heldMs = 300_000;
/** And from what is left, to keep what could not be sent: a queue that does not answer must not take that time, too. */
const keepMs = 1_000;

export const handler = observed("publish", [], async function publish(event: DynamoDBStreamEvent, context) {
  const within = { deadlineMs: nowMs() + context.getRemainingTimeInMillis() - answerMs };
  const rows = event.Records.flatMap(readRecord);
  const own = rows.filter(({ inItemOf }) => inItemOf === undefined);
  const inItems = rows.filter(({ inItemOf }) => inItemOf !== undefined);
  const sent = new Set([
    ...(await outbox.publish(own, within)),
    ...(await publishInline(inItems, within.deadlineMs - keepMs)),
  ]);
  const unsent = inItems.filter((row) => !sent.has(row.id));
  const kept = await keep(unsent, within);
  log("info", "SENT", { rows: sent.size, messages: rows.reduce((sum, row) => sum + row.messages.length, 0) });

  const isDone = (row: StreamedRow) =>
    sent.has(row.id) || (kept.has(row.id) && isOld(row)) || row.queue !== undefined; // the sweeper's alone
  const lowestFailed = rows.findIndex((row) => !isDone(row));
  const failed = rows.slice(lowestFailed < 0 ? rows.length : lowestFailed); // the stream delivers all from there on again
  if (failed.length > 0) count(metricNames.batchItemFailures, failed.length);
  const batchItemFailures = failed.slice(0, 1).map((row) => ({ itemIdentifier: row.sequenceNumber }));
  return { batchItemFailures } satisfies DynamoDBBatchResponse;
});

function isOld({ committedMs }: StreamedRow): boolean {
  return nowMs() - committedMs > heldMs;
}

async function publishInline(rows: readonly OutboxRow[], deadlineMs: number): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const sent = await beforeDeadline(outbox.publish(rows, { deadlineMs }), deadlineMs);
  return sent ?? new Set(); // sent or not, they are kept: receivers recognise duplicates
}

/** When the registry cannot say who may write, this throws and keeps no row: the stream delivers the records again. */
async function keep(rows: readonly OutboxRow[], within: { deadlineMs: number }): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const { producers = everybody } = await registry.known(rows, within);
  return keepRows(rows, { outboxTable, producers });
}

const everybody = { wrote: () => true };

type Image = Readonly<Record<string, AttributeValue>>;

interface StreamedRow extends OutboxRow {
  readonly sequenceNumber: string;
  readonly committedMs: number;
}

/** `arn:aws:dynamodb:…:table/NAME/stream/…` → NAME */
function tableOf({ eventSourceARN = "" }: DynamoDBRecord): string {
  return eventSourceARN.split("/")[1] ?? "";
}

/** A row that cannot be read must not hold its shard: it stays in its table, and an outbox row is swept. */
function readRecord(record: DynamoDBRecord): StreamedRow[] {
  const { NewImage, OldImage, SequenceNumber: sequenceNumber } = record.dynamodb ?? {};
  const committedMs = (record.dynamodb?.ApproximateCreationDateTime ?? 0) * 1_000;
  if (NewImage === undefined || sequenceNumber === undefined) return [];
  const newImage = NewImage as Image;
  const inItem = outboxIdAttribute in newImage;
  if (!inItem && record.eventName !== "INSERT") return [];
  try {
    const rows = inItem
      ? readInlineRows({
          newImage,
          oldImage: OldImage as Image | undefined,
          table: tableOf(record),
          sequenceNumber,
        })
      : [readOutboxRow(newImage)];
    return rows.map((row) => ({ ...row, sequenceNumber, committedMs }));
  } catch (error) {
    log("error", "OUTBOX_ROW_INVALID", {
      sequenceNumber,
      errorCode: error instanceof Error ? error.name : typeof error,
    });
    return [];
  }
}
