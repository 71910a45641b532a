// Lets a handler send a message at a later time, and cancel or move it until then.
//
//   G1. What it schedules and cancels commits with its state and its evidence, or not at all.
//   G12. A scheduled message is sent once at or after its time, never before it, and is canceled exactly or not at all.
//
// The items are in the schedules table until the dispatcher puts what is due into the outbox: dispatch.ts.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "../aws/clients.ts";
import { sharedRead } from "../aws/shared-read.ts";
import type { MessageMiddleware } from "../commit/delivery.ts";
import type { UnitOfWork } from "../commit/unit-of-work.ts";
import { nowMs } from "../core/clock.ts";
import { environment } from "../core/environment.ts";
import { evidenceId } from "../core/ids.ts";
import { StateMoved } from "../core/outcome.ts";
import { withBeside } from "./beside.ts";
import { aheadMs } from "./due-time.ts";
import { type Scheduling, scheduling } from "./scheduling.ts";

declare const scheduled: unique symbol;

/** What `.use(schedules())` says to the types of a handler: its unit of work has `schedule`, `cancel` and `reschedule`. */
export interface Schedules {
  readonly [scheduled]: true;
}

export interface SchedulesOptions {
  /** The schedules table; by default what SCHEDULES_TABLE names. */
  readonly table?: string;
  /** The queue of wake-ups; by default what WAKE_UP_QUEUE_URL names. Without one, a message is up to a minute late. */
  readonly wakeUpQueueUrl?: string;
  readonly client?: DynamoDBClient;
}

/**
 * Gives the unit of work `schedule`, `cancel` and `reschedule`. With any form of evidence, and for endpoints:
 * ```ts
 * consumer(remind) // a contract with `schedules: [ReminderDue]`
 *   .use(idempotency({ evidence: rows() }))
 *   .use(schedules())
 *   .handler(async ({ data }, unit) => {
 *     unit.schedule(ReminderDue.from(data), { key: data.orderId, after: { days: 3 } });
 *   });
 * ```
 */
export function schedules(options: SchedulesOptions = {}): MessageMiddleware<Schedules> {
  const table = options.table ?? environment("SCHEDULES_TABLE");
  const client = () => options.client ?? dynamodb();
  const read = sharedRead({ table, client });
  const wakeUpQueue = options.wakeUpQueueUrl ?? process.env.WAKE_UP_QUEUE_URL;
  /** Messages that lost a race, by their evidence: perhaps for a key, so the next run reads before it schedules. */
  const lost = new Set<string>();

  return {
    before({ event }) {
      const { unit } = event;
      const { writes, due, ...added } = scheduling({
        unit,
        table,
        read,
        readsFirst: lost.has(evidenceId(event)),
      });
      const checked = unit.checked;
      let collected: Promise<void> | undefined;
      const mutable: Partial<Scheduling> & Pick<UnitOfWork, "checked"> = unit;
      Object.assign(mutable, added, { checked: () => Promise.all([checked(), collect()]) });

      /** Once, by whoever commits. */
      function collect(): Promise<void> {
        collected ??= write();
        return collected;
      }

      async function write(): Promise<void> {
        const list = await writes();
        if (list.length === 0) return;
        unit.write(...withBeside(list, client));
        const times = due();
        const soonest = Math.min(...times.values());
        if (wakeUpQueue === undefined || soonest > nowMs() + aheadMs) return;
        const { wakeUpFor } = await import("./wake-up.ts"); // most are due later
        await wakeUpFor(wakeUpQueue, times); // before the commit: when that fails, the dispatcher looks for nothing
      }
    },

    /** A consumer without evidence is told that its unit was not committed. */
    async after({ event }) {
      await event.unit.checked();
    },

    onError({ event, error }) {
      if (!(error instanceof StateMoved)) return;
      if (lost.size >= lostMax) lost.clear();
      lost.add(evidenceId(event));
    },
  };
}

/** One that stays costs a read; one that is forgotten, a run. */
const lostMax = 1_000;
