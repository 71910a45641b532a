// A schedule: invokes its function every so often, first after one interval, never while the last run lasts.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html

import { randomUUID } from "node:crypto";
import type { ScheduledEvent } from "aws-lambda";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../model/clients.ts";
import type { Invoke } from "../model/invocation.ts";
import type { Schedule } from "../model/model.ts";
import type { EventSource } from "./event-source.ts";

/** A timer holds no more, and Node would take a longer one for none at all. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export function startSchedule({ schedule, invoke }: { schedule: Schedule; invoke: Invoke }): EventSource {
  let running: Promise<unknown> | undefined;
  const timer = setInterval(tick, Math.min(schedule.everyMs, TIMER_MS_MAX));

  function tick(): void {
    running ??= invoke(schedule.functionArn, eventOf(schedule)).finally(() => {
      running = undefined;
    });
  }

  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

function eventOf({ path, input }: Schedule): unknown {
  if (input !== undefined) return JSON.parse(input);
  const rule = path.replace(/[^A-Za-z0-9.\-_]+/g, "-");
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: LOCAL_ACCOUNT,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region: LOCAL_REGION,
    resources: [`arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:rule/${rule}`],
    detail: {},
  } satisfies ScheduledEvent;
}
