// Step 2 of 4, the second way: what the stream forgot. The table holds only what is outstanding, so the scan
// costs next to nothing when all is well, and alone it delivers everything when the stream is down.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { type OutboxRow, orderingKeyOf } from "../../commit/outbox.ts";
import { nowMs } from "../../core/clock.ts";
import { environment } from "../../core/environment.ts";
import { metricNames } from "../../core/metric-names.ts";
import { log } from "../../observe/log.ts";
import { gauge } from "../../observe/metrics.ts";
import { journal } from "../../pull/journal.ts";
import { keepingClaims } from "../../pull/journal-claims.ts";
import { observed } from "../../receive/observed.ts";
import { signer } from "../../trust/signature.ts";
import { isLeftBehind } from "../older-rows.ts";
import { publisher } from "../publisher.ts";
import { deployedRegistry } from "../registry.ts";
import { oldestRows } from "./oldest-rows.ts";

const outboxTable = environment("ORDERED_OUTBOX_TABLE");
/** Where functions of older releases put their rows, in a form without a place. */
const formerOutboxTable = process.env.OUTBOX_TABLE;
const tables = formerOutboxTable ? [formerOutboxTable, outboxTable] : [outboxTable];
const outbox = publisher({
  outboxTable,
  registry: deployedRegistry(),
  formerOutboxTable,
  journal: keepingClaims(journal()),
  sign: signer(),
});

/** Sent in one go: what was sent is deleted before the next, so that little is sent again when time runs out. */
const sentMax = 5_000;
/** Kept back from the function's timeout to answer. */
const answerMs = 1_000;

export const handler = observed("sweep", [], async function sweep(_event: unknown, context) {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis() - answerMs;
  const tried = new Set<string>();
  const unsentLines = new Set<string>();
  let found = 0;
  let sent = 0;
  let stranded = 0;
  let oldestMs = nowMs();
  gauge(metricNames.outboxAgeSeconds, 0);
  for (const table of tables) await sweepTable(table);
  const swept = { rows: found, sent, ...(stranded > 0 && { stranded }) };
  log("info", "SWEPT", swept);
  return swept;

  async function sweepTable(table: string): Promise<void> {
    let more: boolean;
    do {
      const untilMs = nowMs() + (deadlineMs - nowMs()) / 2; // the other half is for sending
      const isDue = (row: OutboxRow) => isLeftBehind(row) && !tried.has(row.id) && !isHeld(row);
      const oldest = await oldestRows({ table, untilMs, isDue, onItem: seen });
      more = oldest.more;
      for (let start = 0; start < oldest.rows.length && nowMs() < deadlineMs; start += sentMax) {
        await send(oldest.rows.slice(start, start + sentMax));
      }
    } while (more && nowMs() < deadlineMs);
  }

  async function send(slice: readonly OutboxRow[]): Promise<void> {
    const rows = slice.filter((row) => !isHeld(row)); // G4: nor by a later slice
    const confirmed = await outbox.publish(rows, { deadlineMs });
    for (const row of rows) {
      tried.add(row.id);
      if (confirmed.has(row.id)) sent++;
      else if (row.queue !== undefined)
        stranded++; // a queue that is gone holds nobody
      else for (const line of linesOf(row)) unsentLines.add(line);
    }
    found += rows.length;
  }

  /** Told before anything is sent, so that a sweep which then fails has told it. A row that cannot be read ages, too. */
  function seen({ createdAt }: Record<string, AttributeValue>): void {
    oldestMs = Math.min(oldestMs, Date.parse(createdAt?.S ?? "") || oldestMs);
    gauge(metricNames.outboxAgeSeconds, Math.max(0, Math.round((nowMs() - oldestMs) / 1_000)));
  }

  /** G4: what could not be sent is not overtaken by a later round. */
  function isHeld(row: OutboxRow): boolean {
    return linesOf(row).some((line) => unsentLines.has(line));
  }
});

/** A row in the form of older releases may have messages of several keys. */
function linesOf({ messages }: OutboxRow): string[] {
  return messages.map(({ envelope }) => orderingKeyOf(envelope));
}
