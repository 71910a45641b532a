// What a unit of work makes of one key: the message that waits there, another in its place, another time, or nothing.
//
//   G12. Whatever was read is a condition of its write, also that nothing was there.
//   G11. A message that waits for less than a minute goes on with a chain of hops, that of whoever schedules or moves it.
import type { Write } from "../commit/unit-of-work.ts";
import { Park } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { absentWrite, moveWrite, putWrite, removeWrite, type ScheduledItem } from "./scheduled-item.ts";

export interface Change {
  readonly id: string;
  /** Whether the table was asked: without `read`, nothing waits there then. */
  readonly isRead: boolean;
  /** As it is in the table. */
  readonly read?: ScheduledItem | undefined;
  readonly put?: Put | undefined;
  readonly move?: Due;
  readonly isRemoved?: boolean;
}

export interface Due {
  readonly dueMs: number;
  /** A minute or more. */
  readonly isLong: boolean;
}

export interface Put extends Due {
  readonly key: string;
  /** Its message is another one when a schema that takes its time has taken it. */
  readonly made: { message: Envelope };
}

/** `hops` are those of a message that the unit of work causes. */
export function writesOf(table: string, change: Change, hops: number): Write[] {
  const { id, isRead, read, put, move, isRemoved } = change;
  if (put) return [putWrite(table, { ...put, id, message: sent(put) }, read)];
  if (read === undefined) return isRead ? [absentWrite(table, id)] : [];
  if (move) return [moveWrite(table, read, move.dueMs, moved(read, move, hops))];
  return isRemoved ? [removeWrite(table, read)] : [];
}

export function isWaiting(change: Change | undefined): boolean {
  return change?.put !== undefined || (change?.read !== undefined && !change.isRemoved);
}

export function exists(key: string): Park {
  return new Park(
    "SCHEDULE_EXISTS",
    `another message waits under the key of ${key.length} characters: cancel it first, or move it with reschedule`,
  );
}

function sent({ made: { message }, isLong }: Put): Envelope {
  return isLong ? { ...message, hops: 0 } : message;
}

/** Undefined when it stays as it is. */
function moved({ message }: ScheduledItem, { isLong }: Due, hops: number): Envelope | undefined {
  return isLong || message.hops >= hops ? undefined : { ...message, hops };
}
