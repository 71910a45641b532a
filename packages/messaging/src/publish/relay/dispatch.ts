// Scheduled messages that are due → outbox. Each minute it looks at all slots, oldest first, and sends itself wake-ups for what is
// due before its next run; a wake-up makes it look at the slots that it names, at their time.
//
//   G12. Never before its time, by this function's clock. After an outage all that is due goes out, oldest first, in as many runs
//   as it takes.
import type { SQSEvent } from "aws-lambda";
import { nowMs, wait } from "../../core/clock.ts";
import { environment } from "../../core/environment.ts";
import { metricNames } from "../../core/metric-names.ts";
import { log } from "../../observe/log.ts";
import { count, gauge } from "../../observe/metrics.ts";
import { observed } from "../../receive/observed.ts";
import { dispatch } from "../../schedule/dispatch.ts";
import { allSlots, type DueEntry, dueEntries } from "../../schedule/due-items.ts";
import { aheadMs } from "../../schedule/due-time.ts";
import { readWakeUp, secondOf, sendWakeUps, type WakeUp } from "../../schedule/wake-up.ts";

const table = environment("SCHEDULES_TABLE");
const outboxTable = environment("ORDERED_OUTBOX_TABLE");
const wakeUpQueue = environment("WAKE_UP_QUEUE_URL");

/** Kept back from the function's timeout to answer. */
const answerMs = 1_000;
/** Dispatched together: so many items are in memory. */
const entriesMax = 400;
/** Clocks of two machines disagree by less; a wake-up that is earlier was not sent by this release. */
const earlyMaxMs = 2_000;
/** A run of the schedule has looked since. */
const staleMs = 180_000;
/** A slot with more entries in one second gets a wake-up, and so a process, of its own. */
const crowdedMin = 500;

export const handler = observed("dispatch", [], async function dispatchDue(event: unknown, context) {
  const deadlineMs = nowMs() + context.getRemainingTimeInMillis() - answerMs;
  const wakeUps = wakeUpsIn(event);
  const heldKeys = new Set<string>();
  let found = 0;
  let dispatched = 0;
  if (wakeUps === undefined) {
    await sendDue(allSlots, true);
    await sendWakeUps(wakeUpQueue, await wakeUpsAhead());
  } else {
    await untilDue(Math.max(...wakeUps.map(({ atMs }) => atMs)));
    await sendDue([...new Set(wakeUps.flatMap(({ slots }) => slots))], false);
  }
  count(metricNames.dispatched, dispatched);
  log("info", "DISPATCHED", { found, dispatched });
  return { batchItemFailures: [], found, dispatched };

  async function sendDue(slots: readonly string[], isWhole: boolean): Promise<void> {
    const now = nowMs();
    if (isWhole) gauge(metricNames.scheduleAgeSeconds, 0);
    for await (const step of dueEntries({ table, slots, until: isoOf(now) })) {
      if (isWhole && found === 0) gauge(metricNames.scheduleAgeSeconds, ageSeconds(step, now));
      found += step.length;
      for (let start = 0; start < step.length && nowMs() < deadlineMs; start += entriesMax)
        dispatched += await dispatch(step.slice(start, start + entriesMax), {
          table,
          outboxTable,
          deadlineMs,
          heldKeys,
        });
      if (nowMs() >= deadlineMs) break;
    }
  }
});

/** What is due until the next run has surely sent its own: a wake-up for each second in which something is. */
async function wakeUpsAhead(): Promise<WakeUp[]> {
  const now = nowMs();
  const counts = new Map<number, Map<string, number>>();
  const range = {
    table,
    slots: allSlots,
    after: isoOf(now + 1),
    until: isoOf(now + aheadMs),
    pageSize: 1_000,
  };
  for await (const step of dueEntries(range)) {
    for (const { due, slot } of step) {
      const atMs = secondOf(Date.parse(due));
      const slots = counts.get(atMs) ?? new Map<string, number>();
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      counts.set(atMs, slots);
    }
  }
  return [...counts].flatMap(([atMs, slots]) => {
    const crowded = [...slots.keys()].filter((slot) => (slots.get(slot) ?? 0) >= crowdedMin);
    const others = [...slots.keys()].filter((slot) => !crowded.includes(slot));
    return [...crowded.map((slot) => [slot]), ...(others.length > 0 ? [others] : [])].map((each) => ({
      atMs,
      slots: each,
    }));
  });
}

/** Undefined for a run of the schedule. */
function wakeUpsIn(event: unknown): WakeUp[] | undefined {
  const { Records } = Object(event) as Partial<SQSEvent>;
  return Records?.flatMap(({ body }) => {
    const wakeUp = readWakeUp(body);
    return wakeUp !== undefined && nowMs() - wakeUp.atMs < staleMs ? [wakeUp] : [];
  });
}

async function untilDue(atMs: number): Promise<void> {
  const waitMs = Math.min(atMs - nowMs(), earlyMaxMs);
  if (waitMs > 0) await wait(waitMs);
}

/** Of a step, which is never empty. */
function ageSeconds(step: readonly DueEntry[], now: number): number {
  const [{ due }] = step as readonly [DueEntry];
  return Math.round((now - Date.parse(due)) / 1_000);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
