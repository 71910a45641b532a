// Step 2 of 4: outbox → queues, by the stream. Every committed row comes by here within moments.
//
//   G3. What is not confirmed is reported to the stream, which brings it again; the row stays meanwhile.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda";
import { nowMs } from "../messaging/clock.ts";
import { environment } from "../messaging/environment.ts";
import { journal } from "../messaging/journal.ts";
import { log } from "../messaging/log.ts";
import { type OutboxRow, readOutboxRow } from "../messaging/outbox.ts";
import { publisher } from "../messaging/publisher.ts";
import { readRoutes } from "../messaging/routes.ts";

const outbox = publisher({
  outboxTable: environment("OUTBOX_TABLE"),
  routes: readRoutes(environment("ROUTES")),
  journal: journal(),
});

/** Kept back from the function's timeout to answer. */
const answerMs = 500;

export async function handler(event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis() - answerMs;
  const rows = event.Records.map(readRecord).filter((row) => row !== undefined);
  const sent = await outbox.publish(rows, { deadlineMs });
  log("info", "SENT", { rows: sent.size, messages: rows.reduce((sum, row) => sum + row.messages.length, 0) });

  const lowestFailed = rows.find((row) => !sent.has(row.id));
  const batchItemFailures = lowestFailed ? [{ itemIdentifier: lowestFailed.sequenceNumber }] : [];
  return { batchItemFailures } satisfies DynamoDBBatchResponse;
}

interface StreamedRow extends OutboxRow {
  readonly sequenceNumber: string;
}

/** A row that cannot be read must not hold its shard: it stays in the table, where the sweeper reports it. */
function readRecord(record: DynamoDBRecord): StreamedRow | undefined {
  const { NewImage: image, SequenceNumber: sequenceNumber } = record.dynamodb ?? {};
  if (record.eventName !== "INSERT" || image === undefined || sequenceNumber === undefined) return undefined;
  try {
    return { ...readOutboxRow(image as Record<string, AttributeValue>), sequenceNumber };
  } catch (error) {
    log("error", "OUTBOX_ROW_INVALID", {
      sequenceNumber,
      errorCode: error instanceof Error ? error.name : typeof error,
    });
    return undefined;
  }
}
