// A handler that schedules, cancels and moves a message, and counts how often it comes.

import { nowMs } from "@essentially-once/messaging/clock";
import { consumer } from "@essentially-once/messaging/consumer";
import { contract } from "@essentially-once/messaging/contract";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { messageType } from "@essentially-once/messaging/message-type";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import * as z from "zod";

export const Planned = messageType({
  type: "explored.planned.v1",
  schema: z.strictObject({ timer: z.string(), does: z.enum(["schedule", "cancel", "move"]), atMs: z.int() }),
  key: ({ timer }) => timer,
});
export const Rang = messageType({
  type: "explored.rang.v1",
  schema: z.strictObject({ timer: z.string() }),
  key: ({ timer }) => timer,
});

export const planner = contract({
  name: "explored-schedules",
  accepts: [Planned, Rang],
  publishes: [Rang],
  schedules: [Rang],
});

/** What became of a timer, by its own account. */
export interface Timer extends Versioned {
  readonly rang: number;
  /** Rang before its time. */
  readonly early: number;
  readonly atMs?: number;
  readonly canceled?: boolean;
  readonly moved?: boolean;
}

const timers = versionedTable<Timer>(environment("TIMERS_TABLE"));

export const handler = consumer(planner)
  .use(idempotency({ evidence: rows() }))
  .use(schedules())
  .handler(async ({ type, data }, unit) => {
    const id = data.timer;
    const timer = (await timers.get(id)) ?? { id, version: 0, rang: 0, early: 0 };
    if (type === "explored.rang.v1") {
      const early = nowMs() < (timer.atMs ?? 0) ? 1 : 0;
      unit.write(timers.save({ ...timer, rang: timer.rang + 1, early: timer.early + early }));
      return;
    }
    const { does, atMs } = data;
    if (does === "schedule") {
      unit.schedule(Rang.from({ timer: id }), { key: id, at: new Date(atMs) });
      unit.write(timers.save({ ...timer, atMs }));
    } else if (does === "cancel") {
      unit.write(timers.save({ ...timer, canceled: await unit.cancel(id) }));
    } else {
      const moved = await unit.reschedule(id, { at: new Date(atMs) });
      unit.write(timers.save({ ...timer, moved, ...(moved && { atMs }) }));
    }
  });
