// The time-outs of a process' statuses, with what the environment says about them.

import { Park } from "../core/outcome.ts";
import type { MessageType } from "../envelope/message-type.ts";
import { type After, dueMsOf } from "../schedule/due-time.ts";
import type { Scheduling } from "../schedule/scheduling.ts";
import type { Process, ProcessItem } from "./process.ts";

/** By status. */
export type Timers = ReadonlyMap<string, Timer>;

interface Timer {
  readonly type: MessageType;
  readonly data: (item: ProcessItem) => unknown;
  readonly after: After;
}

/** Once, when a handler is made: a variable that is missing, or no time, fails its start. */
export function timersOf({ name, rows }: Pick<Process, "name" | "rows">, only?: readonly string[]): Timers {
  return new Map(
    [...rows].flatMap(([status, { timeout }]): [string, Timer][] => {
      if (timeout === undefined || only?.includes(status) === false) return [];
      const after = typeof timeout.after === "function" ? timeout.after() : timeout.after;
      requireAfter(`process ${name}: the time-out of "${status}"`, after);
      return [[status, { type: timeout.type, data: timeout.data as Timer["data"], after }]];
    }),
  );
}

/** @throws Error */
export function requireAfter(where: string, after: After): void {
  try {
    dueMsOf({ after });
  } catch (cause) {
    throw new Error(`${where}: ${cause instanceof Park ? cause.detail : cause}`, { cause });
  }
}

/** A wait, by the source of its time-out and the id of the message that began it. */
export function waitOf(contract: string, causeId: string): string {
  return `/${contract} ${causeId}`;
}

/** Under the id of the item: a process waits for one time-out at a time. False when its status has none. */
export function scheduleTimeout(
  timers: Timers,
  unit: Pick<Scheduling, "schedule">,
  item: ProcessItem,
  key = item.id,
): boolean {
  const timer = timers.get(item.status);
  if (timer === undefined) return false;
  unit.schedule(timer.type.from(timer.data(item)), { key, after: timer.after });
  return true;
}
