// What became of a scheduled message: it waits, was sent, or was canceled.

import type { Step } from "../../api/message.ts";
import type { SeenMessage } from "./message-index.ts";

export type ScheduleState = "scheduled" | "canceled" | "sent";

/** Undefined for a message that was not seen among the scheduled ones. */
export function scheduleState({
  scheduled,
  entry,
  isInOutbox,
  deliveries,
}: SeenMessage): ScheduleState | undefined {
  if (scheduled === undefined) return undefined;
  if (isInOutbox || entry !== undefined || deliveries.length > 0) return "sent";
  // It gets into the outbox in the transaction in which it leaves the schedules.
  return scheduled.goneMs === undefined ? "scheduled" : "canceled";
}

export function scheduleSteps(message: SeenMessage): Step[] {
  const { scheduled } = message;
  if (scheduled === undefined) return [];
  const { contract, key, due, createdAt, goneMs = 0 } = scheduled;
  const state = scheduleState(message);
  const begun: Step = {
    at: createdAt,
    what: "scheduled",
    told: "schedules",
    text: `Scheduled by ${contract} under the key ${key}, for ${due}${state === "scheduled" ? ": it waits" : ""}.`,
  };
  if (state === "scheduled") return [begun];
  const at = new Date(goneMs).toISOString();
  const ended: Step =
    state === "canceled"
      ? { at, what: "canceled", told: "schedules", text: "Canceled before its time: it is not sent." }
      : { what: "scheduled", told: "schedules", text: "Its time came: it went to the outbox." };
  return [begun, ended];
}
