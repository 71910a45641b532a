// Rows of the outbox → what each queue gets, in the order of the rows.
import type { OutboxMessage, OutboxRow } from "../commit/outbox.ts";
import type { Routes } from "./routes.ts";

export interface RowMessage {
  readonly rowId: string;
  readonly message: OutboxMessage;
}

export type MessagesOfQueue = readonly [queueUrl: string, messages: readonly RowMessage[]];

export function messagesByQueue(rows: readonly OutboxRow[], routes: Routes): readonly MessagesOfQueue[] {
  const byQueue = new Map<string, RowMessage[]>();
  for (const row of rows) {
    for (const message of row.messages) {
      for (const queueUrl of routes.queuesFor(message.envelope.type) ?? []) {
        if (row.queue !== undefined && row.queue !== queueUrl) continue;
        const list = byQueue.get(queueUrl) ?? [];
        byQueue.set(queueUrl, list);
        list.push({ rowId: row.id, message });
      }
    }
  }
  return [...byQueue];
}
