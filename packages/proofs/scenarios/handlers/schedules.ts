// A handler that schedules, cancels and moves a message, and counts how often it comes.

import { nowMs } from "@essentially-once/messaging/clock";
import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import { versionedTable } from "@essentially-once/messaging/versioned-table";
import { planner, Rang, type Timer } from "./timers.ts";

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
