// The time-outs of one run of a process: the schedules table must hold the time-out of its status and no other, and a time-out
// that is due is the message in that table.
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import { type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { itemId } from "@essentially-once/messaging/internal/schedule/scheduled-item";
import type { Process } from "@essentially-once/messaging/process";
import type { ProcessModel } from "./process-model.ts";
import { dueNow } from "./process-orders.ts";
import type { Sandbox } from "./sandbox.ts";

const table = "SCHEDULES_TABLE";

export interface TimersOfRun {
  /** The message as it arrives; a time-out that waits is taken out of the table, as the dispatcher does it. */
  due(model: ProcessModel, message: Envelope): Promise<Envelope>;
  /** A time-out too many, or a missing one. */
  difference(model: ProcessModel): Promise<string | undefined>;
}

export function timersOfRun(process: Process, sandbox: Sandbox, key: string): TimersOfRun {
  const id = itemId(process.name, key);
  const sent = new Set<string>();
  return {
    async due(model, message) {
      const waiting = waitingFor(model);
      if (waiting?.type !== message.type) return dueNow(process, model, message);
      const item = await sandbox.get(table, id);
      if (item === undefined) return dueNow(process, model, message); // reported by `difference`
      sent.add(waiting.cause);
      const Key = { id: { S: id } };
      await sandbox.clients.dynamodb.send(new DeleteItemCommand({ TableName: sandbox.table(table), Key }));
      return readEnvelope(String(item.message));
    },

    async difference(model) {
      if (!process.schedules?.length) return undefined;
      const item = await sandbox.get(table, id);
      const found = item && readEnvelope(String(item.message));
      const wanted = waitingFor(model);
      if (found?.type === wanted?.type && found?.causationid === wanted?.cause) return undefined;
      return `G12: ${textOf(found?.type, found?.causationid)} waits, and not ${textOf(wanted?.type, wanted?.cause)}`;
    },
  };

  /** The time-out that the process scheduled for its status and that was not sent. */
  function waitingFor({ item, waits }: ProcessModel): { type: string; cause: string } | undefined {
    const type = process.rows.get(item?.status ?? "")?.timeout?.type.type;
    const cause = type === undefined ? undefined : waits.get(type);
    return type === undefined || typeof cause !== "string" || sent.has(cause) ? undefined : { type, cause };
  }
}

function textOf(type: string | undefined, cause: string | undefined): string {
  return type === undefined ? "no time-out" : `${type} of ${cause}`;
}
