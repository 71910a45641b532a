// The domain of the explored handler that schedules: timers, and the plans for them.

import { contract } from "@essentially-once/messaging/contract";
import { messageType } from "@essentially-once/messaging/message-type";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
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
