// The journal as a destination of the publisher: the first one, so that in the journal a cause stands before
// whatever its delivery to a queue made happen.
//
//   G3. A row counts as sent only when the journal, too, has confirmed every message of it.
//   G4. A row that the journal did not confirm goes to no queue yet.

import type { OutboxRow } from "../commit/outbox.ts";
import { log } from "../observe/log.ts";
import type { Journal } from "./journal.ts";

/** Appends the messages of rows and returns the ids of the rows that were not confirmed whole. */
export async function appendRows(
  journal: Journal,
  rows: readonly OutboxRow[],
  options: { deadlineMs: number },
): Promise<Set<string>> {
  const messages = rows.flatMap((row) => row.messages.map((message) => ({ rowId: row.id, ...message })));
  const results = await journal.append(messages, options);
  const held = new Set<string>();
  for (const [index, { rowId }] of messages.entries()) {
    const result = results[index];
    if (result?.kind === "appended" || result?.kind === "duplicate") continue;
    held.add(rowId);
    if (result?.kind === "refused") {
      const { code, detail } = result.reason;
      log("error", "APPEND_REFUSED", {
        journal: journal.name,
        rowId,
        reasonCode: code,
        reasonDetail: detail,
      });
    }
  }
  return held;
}
