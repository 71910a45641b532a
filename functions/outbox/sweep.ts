// Step 2 of 4, the second way: what the stream forgot. The table holds only what is outstanding, so the scan
// costs next to nothing when all is well, and alone it delivers everything when the stream is down.
import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Context } from "aws-lambda";
import { dynamodb } from "../messaging/clients.ts";
import { nowMs } from "../messaging/clock.ts";
import { environment } from "../messaging/environment.ts";
import { journal } from "../messaging/journal.ts";
import { log } from "../messaging/log.ts";
import { type OutboxRow, readOutboxRow } from "../messaging/outbox.ts";
import { publisher } from "../messaging/publisher.ts";
import { readRoutes } from "../messaging/routes.ts";

const outboxTable = environment("OUTBOX_TABLE");
const outbox = publisher({ outboxTable, routes: readRoutes(environment("ROUTES")), journal: journal() });

/** A younger row is still the stream's: sending it here too would only make duplicates. */
const ageMinMs = 60_000;
/** One page is at most 1 MB (DynamoDB); pages until the deadline, the rest in the next run. */
const answerMs = 1_000;

export async function handler(_event: unknown, context: Context): Promise<{ rows: number; sent: number }> {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis() - answerMs;
  let startKey: Record<string, AttributeValue> | undefined;
  let found = 0;
  let sent = 0;
  do {
    const page = await dynamodb().send(
      new ScanCommand({
        TableName: outboxTable,
        ConsistentRead: true, // a row that was just deleted would be sent once more
        ...(startKey ? { ExclusiveStartKey: startKey } : {}),
      }),
    );
    const rows = (page.Items ?? [])
      .map(read)
      .filter((row) => row !== undefined)
      .filter(isForgotten);
    rows.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    found += rows.length;
    sent += (await outbox.publish(rows, { deadlineMs })).size;
    startKey = page.LastEvaluatedKey;
  } while (startKey && nowMs() < deadlineMs);
  log("info", "SWEPT", { rows: found, sent });
  return { rows: found, sent };
}

function isForgotten(row: OutboxRow): boolean {
  return nowMs() - Date.parse(row.createdAt) >= ageMinMs;
}

function read(item: Record<string, AttributeValue>): OutboxRow | undefined {
  try {
    return readOutboxRow(item);
  } catch (error) {
    log("error", "OUTBOX_ROW_INVALID", {
      id: item.id?.S,
      errorCode: error instanceof Error ? error.name : typeof error,
    });
    return undefined;
  }
}
