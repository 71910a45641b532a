// The time-outs of a process' statuses, with what the environment says about them.
import type { MessageType } from "../envelope/message-type.ts";
import type { After } from "../schedule/due-time.ts";
import type { Scheduling } from "../schedule/scheduling.ts";
import type { Process, ProcessItem } from "./process.ts";

/** By status. */
export type Timers = ReadonlyMap<string, Timer>;

interface Timer {
  readonly type: MessageType;
  readonly data: (item: ProcessItem) => unknown;
  readonly after: After;
}

/** Once, when a handler is made: a missing variable fails its start. */
export function timersOf({ rows }: Pick<Process, "rows">, only?: readonly string[]): Timers {
  return new Map(
    [...rows].flatMap(([status, { timeout }]): [string, Timer][] => {
      if (timeout === undefined || only?.includes(status) === false) return [];
      const after = typeof timeout.after === "function" ? timeout.after() : timeout.after;
      return [[status, { type: timeout.type, data: timeout.data as Timer["data"], after }]];
    }),
  );
}

/** Under the id of the item: a process waits for one time-out at a time. False when its status has none. */
export function scheduleTimeout(
  timers: Timers,
  unit: Pick<Scheduling, "schedule">,
  item: ProcessItem,
): boolean {
  const timer = timers.get(item.status);
  if (timer === undefined) return false;
  unit.schedule(timer.type.from(timer.data(item)), { key: item.id, after: timer.after });
  return true;
}
