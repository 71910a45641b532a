// Changes a scheduled message by hand.
//
//   G12. Each change has the condition that the item is as it was read: what a function or the dispatcher does first, stands.

import { setTimeout as sleep } from "node:timers/promises";
import { TransactionCanceledException, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { nowMs } from "@essentially-once/messaging/clock";
import { isTransient } from "@essentially-once/messaging/internal/aws/cancellation";
import type { Write } from "@essentially-once/messaging/internal/commit/unit-of-work";
import {
  moveWrite,
  removeWrite,
  type ScheduledItem,
  type StoredItem,
} from "@essentially-once/messaging/internal/schedule/scheduled-item";
import type { Connection } from "../connect/connection.ts";
import { outputNamed } from "../connect/outputs.ts";
import { UsageError } from "../terminal/usage-error.ts";

type Reached = Pick<Connection, "dynamodb" | "sqs" | "outputs">;

/** As `sendNow`: false when it was sent, canceled or moved at the same moment. */
export function cancel(reached: Reached, item: ScheduledItem): Promise<boolean> {
  return isWritten(reached, removeWrite(schedulesTable(reached.outputs), item));
}

/** One that this release cannot read, so its condition is all of the item. */
export function cancelStored(reached: Reached, stored: StoredItem): Promise<boolean> {
  const attributes = Object.entries(stored).map(([name, value], index) => ({ name, value, index }));
  return isWritten(reached, {
    Delete: {
      TableName: schedulesTable(reached.outputs),
      Key: { id: stored.id ?? { S: "" } },
      ConditionExpression: attributes.map(({ index }) => `#a${index} = :a${index}`).join(" AND "),
      ExpressionAttributeNames: Object.fromEntries(attributes.map(({ name, index }) => [`#a${index}`, name])),
      ExpressionAttributeValues: Object.fromEntries(
        attributes.map(({ value, index }) => [`:a${index}`, value]),
      ),
    },
  });
}

/** Moves it to now, and wakes the dispatcher, which sends it within seconds. */
export async function sendNow(reached: Reached, item: ScheduledItem): Promise<boolean> {
  const { sqs, outputs } = reached;
  if (!(await isWritten(reached, moveWrite(schedulesTable(outputs), item, nowMs())))) return false;
  const QueueUrl = outputNamed(outputs, "SchedulesWakeUps");
  if (QueueUrl === undefined) return true; // the next minute does it
  const MessageBody = JSON.stringify({ atMs: nowMs(), slots: [item.slot] });
  try {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds: 1 }));
  } catch (cause) {
    throw new Error("It is due now, but the dispatcher could not be notified: it is sent within a minute", {
      cause,
    });
  }
  return true;
}

/** Throws `UsageError` when there is none. */
export function schedulesTable(outputs: Connection["outputs"]): string {
  const table = outputNamed(outputs, "SchedulesTable");
  if (table !== undefined) return table;
  throw new UsageError(
    "This deployment has no table of scheduled messages: no contract of its apps lists types under `schedules`.",
  );
}

const attemptsMax = 5;
const pauseMs = 200;

/**
 * A transaction of one action: the SDK gives it a token, so a repeat after a lost response gets the answer of the first attempt.
 * A condition alone would fail on what that attempt has written.
 */
async function isWritten({ dynamodb }: Reached, write: Write): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [write] }));
      return true;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const code = error.CancellationReasons?.[0]?.Code;
      if (code === "ConditionalCheckFailed") return false;
      if (!isTransient(code) || attempt === attemptsMax) throw error;
      await sleep(attempt * pauseMs);
    }
  }
}
