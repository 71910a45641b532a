// Changes a scheduled message by hand.
//
//   G12. Each change has the condition that the item is as it was read: what a function or the dispatcher does first, stands.

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import {
  moveWrite,
  removeWrite,
  type ScheduledItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import type { Connection } from "../connect/connection.ts";
import { outputNamed } from "../connect/outputs.ts";
import { UsageError } from "../terminal/usage-error.ts";

type Reached = Pick<Connection, "dynamodb" | "sqs" | "outputs">;

/** Both: false when it was sent, canceled or moved at the same moment. */
export function cancel({ dynamodb, outputs }: Reached, item: ScheduledItem): Promise<boolean> {
  const { Delete } = removeWrite(schedulesTable(outputs), item);
  return unlessChanged(async () => Delete && (await dynamodb.send(new DeleteItemCommand(Delete))));
}

/** Moves it to now, and wakes the dispatcher, which sends it within seconds. */
export function sendNow({ dynamodb, sqs, outputs }: Reached, item: ScheduledItem): Promise<boolean> {
  const { Update } = moveWrite(schedulesTable(outputs), item, nowMs());
  return unlessChanged(async () => {
    if (Update) await dynamodb.send(new UpdateItemCommand(Update));
    const QueueUrl = outputNamed(outputs, "SchedulesWakeUps");
    if (QueueUrl === undefined) return; // the next minute does it
    const MessageBody = JSON.stringify({ atMs: nowMs(), slots: [item.slot] });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds: 1 }));
  });
}

/** Throws `UsageError` when there is none. */
export function schedulesTable(outputs: Connection["outputs"]): string {
  const table = outputNamed(outputs, "SchedulesTable");
  if (table !== undefined) return table;
  throw new UsageError(
    "This deployment has no table of scheduled messages: no contract of its apps lists types under `schedules`.",
  );
}

async function unlessChanged(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
