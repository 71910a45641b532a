// The processes that a flow moved, by their items. A process is known by its time-outs: messages that it sends to itself.
//
//   G11. So many items are read.

import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { itemId, readScheduledItem } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import { outputNamed } from "@essentially-once/operator/internal/connect/outputs";
import type { ProcessState } from "../../api/message.ts";
import type { Reached } from "../reached.ts";
import { whyOf } from "../why.ts";
import type { SeenMessage } from "./message-index.ts";

const ITEMS_MAX = 20;
/** A table of the service with a key of another form has no process. */
const OTHER_KEY = "ValidationException";

export async function processesOf(
  { connection: { dynamodb, outputs }, queues, registrations }: Reached,
  messages: readonly SeenMessage[],
): Promise<{ readonly processes: readonly ProcessState[]; readonly missing: readonly string[] }> {
  const schedules = outputNamed(outputs, "SchedulesTable");
  const places = registrations.flatMap(({ name, accepts, publishes }) => {
    const types = accepts.flat();
    if (!types.some((type) => publishes.includes(type))) return [];
    const tables = queues.find((queue) => queue.name === name)?.stateTables ?? [];
    const keys = new Set(
      messages.flatMap(({ fields: { type, partitionkey } }) =>
        types.includes(type) ? (partitionkey ?? []) : [],
      ),
    );
    return [...keys].flatMap((key) => tables.map((table) => ({ name, key, table })));
  });
  const read = await Promise.allSettled(places.slice(0, ITEMS_MAX).map(stateAt));
  const failed = read.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  return {
    processes: read.flatMap((one) => (one.status === "fulfilled" ? (one.value ?? []) : [])),
    missing: [...new Set(failed.filter((error) => !isOtherKey(error)).map(whyOf))].map(
      (why) => `Processes were not read: ${why}.`,
    ),
  };

  async function stateAt({ name, key, table }: (typeof places)[number]): Promise<ProcessState | undefined> {
    const item = await itemAt(table, key);
    const status = item && unmarshall(item).status;
    if (typeof status !== "string") return undefined;
    const wait = schedules === undefined ? undefined : await itemAt(schedules, itemId(name, key));
    if (wait === undefined) return { process: name, key, state: status };
    const { createdAt: at, due: dueAt } = readScheduledItem(wait);
    return { process: name, key, state: status, at, dueAt };
  }

  async function itemAt(TableName: string, id: string) {
    const { Item } = await dynamodb.send(
      new GetItemCommand({ TableName, Key: marshall({ id }), ConsistentRead: true }),
    );
    return Item;
  }
}

function isOtherKey(error: unknown): boolean {
  return error instanceof Error && error.name === OTHER_KEY;
}
