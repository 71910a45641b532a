// The messages that are scheduled: committed, and waiting for their time. One that is scheduled and canceled between two looks is
// not seen.
//
//   G11. One page of items is read. When more wait, the reader says so.

import { ScanCommand } from "@aws-sdk/client-dynamodb";
import {
  readScheduledItem,
  type StoredItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { outputNamed } from "@essentially-once/operator/internal/connect/outputs";
import { contractOf } from "@essentially-once/operator/internal/schedules/waiting";
import { whyOf } from "../why.ts";
import type { MessageIndex, SeenMessage } from "./message-index.ts";

export interface SchedulesReader {
  refresh(): Promise<void>;
  missing(): readonly string[];
}

const ITEMS_MAX = 500;

export function schedulesReader(
  { dynamodb, outputs }: Connection,
  messages: MessageIndex,
  now: () => number = Date.now,
): SchedulesReader {
  const TableName = outputNamed(outputs, "SchedulesTable");
  let waiting = new Set<SeenMessage>();
  let gap: string | undefined;
  return {
    async refresh() {
      if (TableName === undefined) return;
      try {
        const { Items = [], LastEvaluatedKey } = await dynamodb.send(
          new ScanCommand({ TableName, Limit: ITEMS_MAX, ConsistentRead: true }),
        );
        const found = new Set(Items.flatMap((item) => seen(item) ?? []));
        gap = LastEvaluatedKey && `More than ${ITEMS_MAX} messages are scheduled: only these were read.`;
        if (LastEvaluatedKey === undefined) leave([...waiting].filter((message) => !found.has(message)));
        waiting = LastEvaluatedKey === undefined ? found : new Set([...waiting, ...found]);
      } catch (error) {
        gap = `The scheduled messages were not read: ${whyOf(error)}.`;
      }
    },
    missing: () => (gap === undefined ? [] : [gap]),
  };

  /** Without its data. */
  function seen(item: StoredItem): SeenMessage | undefined {
    try {
      const scheduled = readScheduledItem(item);
      const { id, source, type, time, partitionkey, correlationid, causationid } = scheduled.message;
      const { key, due, createdAt } = scheduled;
      const fields = { id, source, type, time, partitionkey, correlationid };
      const message = messages.see({ ...fields, ...(causationid !== undefined && { causationid }) });
      message.scheduled = { contract: contractOf(scheduled), key, due, createdAt };
      return message;
    } catch {
      return undefined; // another release wrote it: `npm run schedules` lists those
    }
  }

  function leave(gone: readonly SeenMessage[]): void {
    for (const message of gone) {
      if (message.scheduled) message.scheduled = { ...message.scheduled, goneMs: now() };
    }
  }
}
