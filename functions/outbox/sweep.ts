// Step 2 of 4, the second way: what the stream forgot. The table holds only what is outstanding, so the scan
// costs next to nothing when all is well, and alone it delivers everything when the stream is down.
import { type AttributeValue, ScanCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../messaging/clients.ts";
import { nowMs } from "../messaging/clock.ts";
import { environment } from "../messaging/environment.ts";
import { journal } from "../messaging/journal.ts";
import { keepingClaims } from "../messaging/journal-claims.ts";
import { log } from "../messaging/log.ts";
import { metricNames } from "../messaging/metric-names.ts";
import { gauge } from "../messaging/metrics.ts";
import { observed } from "../messaging/observed.ts";
import { type OutboxRow, readOutboxRow } from "../messaging/outbox.ts";
import { publisher } from "../messaging/publisher.ts";
import { readRoutes } from "../messaging/routes.ts";
import { signer } from "../messaging/signature.ts";

const outboxTable = environment("OUTBOX_TABLE");
const routes = readRoutes(environment("ROUTES"));
const outbox = publisher({ outboxTable, routes, journal: keepingClaims(journal()), sign: signer() });

/** A younger row is still the stream's: sending it here too would only make duplicates. */
const ageMinMs = 60_000;
/** Held in memory and sent in one go; the table is read again for the next. */
const rowsMax = 5_000;
/** Kept back from the function's timeout to answer. */
const answerMs = 1_000;

export const handler = observed("sweep", async function sweep(_event: unknown, context) {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis() - answerMs;
  const tried = new Set<string>();
  const unsentKeys = new Set<string>();
  let found = 0;
  let sent = 0;
  let rows: OutboxRow[];
  let oldestMs = nowMs();
  gauge(metricNames.outboxAgeSeconds, 0);
  do {
    const untilMs = nowMs() + (deadlineMs - nowMs()) / 2; // the other half is for sending
    rows = await oldestRows({
      untilMs,
      isDue: (row) => !tried.has(row.id) && !keysOf(row).some(isUnsent),
      onItem: seen,
    });
    const confirmed = await outbox.publish(rows, { deadlineMs });
    for (const row of rows) {
      tried.add(row.id);
      if (!confirmed.has(row.id)) for (const key of keysOf(row)) unsentKeys.add(key);
    }
    found += rows.length;
    sent += confirmed.size;
  } while (rows.length === rowsMax && nowMs() < deadlineMs);
  log("info", "SWEPT", { rows: found, sent });
  return { rows: found, sent };

  /** Told before anything is sent, so that a sweep which then fails has told it. A row that cannot be read ages, too. */
  function seen({ createdAt }: Record<string, AttributeValue>): void {
    oldestMs = Math.min(oldestMs, Date.parse(createdAt?.S ?? "") || oldestMs);
    gauge(metricNames.outboxAgeSeconds, Math.max(0, Math.round((nowMs() - oldestMs) / 1_000)));
  }

  /** G4: what could not be sent is not overtaken by a later round. */
  function isUnsent(key: string): boolean {
    return unsentKeys.has(key);
  }
});

function keysOf({ messages }: OutboxRow): string[] {
  return messages.map(({ envelope }) => envelope.partitionkey);
}

/**
 * G4: the oldest of the whole table, oldest first, since a scan has no order and a later page may hold an older row
 * of the same key. Only when the table is too large to be read in time it is the oldest of what was read.
 */
async function oldestRows({
  untilMs,
  isDue,
  onItem,
}: {
  untilMs: number;
  isDue: (row: OutboxRow) => boolean;
  onItem: (item: Record<string, AttributeValue>) => void;
}): Promise<OutboxRow[]> {
  let oldest: OutboxRow[] = [];
  let startKey: Record<string, AttributeValue> | undefined;
  do {
    const page = await dynamodb().send(
      new ScanCommand({
        TableName: outboxTable,
        ConsistentRead: true, // a row that was just deleted would be sent once more
        ...(startKey ? { ExclusiveStartKey: startKey } : {}),
      }),
    );
    const { Items = [] } = page;
    Items.forEach(onItem);
    const rows = Items.map(read).filter((row) => row !== undefined);
    oldest = [...oldest, ...rows.filter((row) => isForgotten(row) && isDue(row))]
      .sort((a, b) => a.createdAt.localeCompare(b.createdAt))
      .slice(0, rowsMax);
    startKey = page.LastEvaluatedKey;
  } while (startKey && nowMs() < untilMs);
  return oldest;
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
