// The messages that wait in the outbox: committed, and not sent yet.
//
//   G11. One page of rows is read. When more wait, the reader says so.

import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { readOutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { outputNamed } from "@essentially-once/operator/internal/connect/outputs";
import { whyOf } from "../why.ts";
import type { MessageIndex, SeenMessage } from "./message-index.ts";

export interface OutboxReader {
  refresh(): Promise<void>;
  missing(): readonly string[];
}

const ROWS_MAX = 500;

export function outboxReader({ dynamodb, outputs }: Connection, messages: MessageIndex): OutboxReader {
  const TableName = outputNamed(outputs, "OrderedOutboxTable");
  let waiting = new Set<SeenMessage>();
  let gap: string | undefined;
  return {
    async refresh() {
      if (TableName === undefined) return;
      try {
        const { Items = [], LastEvaluatedKey } = await dynamodb.send(
          new ScanCommand({ TableName, Limit: ROWS_MAX, ConsistentRead: true }),
        );
        const now = new Set(Items.flatMap((item) => envelopesIn(item)).map((fields) => messages.see(fields)));
        for (const message of waiting) message.isInOutbox = now.has(message);
        for (const message of now) message.isInOutbox = true;
        waiting = now;
        gap = LastEvaluatedKey && `More than ${ROWS_MAX} rows are in the outbox: only these were read.`;
      } catch (error) {
        gap = `The outbox was not read: ${whyOf(error)}.`;
      }
    },
    missing: () => (gap === undefined ? [] : [gap]),
  };
}

/** Without their data. */
function envelopesIn(item: Parameters<typeof readOutboxRow>[0]) {
  try {
    return readOutboxRow(item).messages.map(({ envelope }) => {
      const { id, source, type, time, partitionkey, correlationid, causationid } = envelope;
      const fields = { id, source, type, time, partitionkey, correlationid };
      return { ...fields, ...(causationid !== undefined && { causationid }) };
    });
  } catch {
    return []; // something else wrote it: `npm run outbox` lists those
  }
}
