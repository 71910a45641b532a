import { consumer } from "@essentially-once/messaging/consumer";
import { environment } from "@essentially-once/messaging/environment";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import { type Versioned, versionedTable } from "@essentially-once/messaging/versioned-table";
import { timed } from "./contracts.ts";
import { Rung } from "./messages.ts";

interface Timer extends Versioned {
  readonly rung: number;
}

const timers = versionedTable<Timer>(environment("TIMED_TABLE"));

export const handler = consumer(timed)
  .use(guards())
  .use(idempotency({ evidence: rows() }))
  .use(schedules())
  .handler(async ({ type, data: { ask: id } }, unit) => {
    const timer = (await timers.get(id)) ?? { id, version: 0, rung: 0 };
    if (type === "kit.armed.v1") unit.schedule(Rung.from({ ask: id }), { key: id, after: { minutes: 30 } });
    unit.write(timers.save({ ...timer, rung: timer.rung + (type === "kit.rung.v1" ? 1 : 0) }));
  });
