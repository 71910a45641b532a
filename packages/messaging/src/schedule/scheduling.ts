// What a handler schedules, cancels and moves: collected like its writes, and committed with them.
//
//   G1. Everything becomes writes of the unit's own transaction.
//   G12. An answer of `cancel` and `reschedule` holds when the unit commits: what it depends on is a condition of the commit.
import { tooLate, watchedWork } from "../aws/in-flight.ts";
import type { Write } from "../commit/unit-of-work.ts";
import { type UnitOfWork, unitOfWork } from "../commit/unit-of-work.ts";
import { nowMs } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Draft } from "../envelope/message-type.ts";
import { type DueTime, dueMsOf } from "./due-time.ts";
import {
  itemId,
  moveWrite,
  putWrite,
  readScheduledItem,
  removeWrite,
  type ScheduledItem,
  type StoredItem,
} from "./scheduled-item.ts";

/** `key` names the message until it is sent; it is the contract's own: others may use the same one. */
export type ScheduleOptions = DueTime & { readonly key: string };

/** @typeParam Types the types of message that its contract schedules */
export interface Scheduling<Types extends string = string> {
  /**
   * Adds a message that is sent at a later time, never before it. It is the contract's only one of its key until it is sent or canceled.
   * @throws Park SCHEDULE_INVALID for a key or a time that is none; TYPE_NOT_SCHEDULED for a type that the contract does not
   *   list under `schedules`; SCHEDULE_EXISTS when another message waits under the key; what `publish` throws for its data
   */
  schedule(message: Draft<Types>, options: ScheduleOptions): void;
  /**
   * Cancels the message that waits under the key. True: it is not sent, once this unit of work has committed. False: nothing waits,
   * because it was sent before, or canceled, or never scheduled.
   */
  cancel(key: string): Promise<boolean>;
  /** Moves the message that waits under the key to another time. False, as for `cancel`: nothing waits there. */
  reschedule(key: string, time: DueTime): Promise<boolean>;
}

export interface SchedulingOptions {
  readonly unit: UnitOfWork;
  readonly table: string;
  readonly read: (id: string) => Promise<StoredItem | undefined>;
  /** An earlier run of the same message lost a race, perhaps for a key: each key is read before it is used. */
  readonly readsFirst: boolean;
}

const keyLengthMax = 512;
/** G11: the hop limit stops messages that chase each other. A handler that wakes itself once a minute or less does not. */
const longMs = 60_000;

/** What becomes of one key. */
interface Change {
  readonly id: string;
  /** As it is in the table; undefined when nothing is there, or nobody looked. */
  readonly read: ScheduledItem | undefined;
  readonly put?: { readonly key: string; readonly message: Envelope; readonly dueMs: number } | undefined;
  readonly moveToMs?: number;
  readonly removed?: ScheduledItem;
}

export interface Collected extends Scheduling {
  /** The writes of all changes, when those that had to be read or checked are. */
  writes(): Promise<Write[]>;
  /** When what it schedules or moves is due, in ms since the epoch, by the ids of the items. */
  due(): Map<string, number>;
}

export function scheduling({ unit, table, read, readsFirst }: SchedulingOptions): Collected {
  const { contract, cause } = unit.of;
  const changes = new Map<string, Change>();
  const pending: Promise<unknown>[] = [];
  let isClosed = false;
  return {
    schedule(draft, { key, ...time }) {
      if (isClosed) throw tooLate("unit.schedule");
      const id = idOf(key);
      const dueMs = dueMsOf(time);
      const before = changes.get(id);
      if (isWaiting(before)) throw exists(key);
      const message = messageOf(draft, { key, dueMs }, (checked) => {
        const change = changes.get(id);
        // Compared as a whole: another of the key has the same id.
        if (change?.put?.message === message)
          changes.set(id, { ...change, put: { ...change.put, message: checked } });
      });
      changes.set(id, { id, read: before?.read, put: { key, message, dueMs } });
    },

    async cancel(key) {
      const change = await known(key);
      if (!isWaiting(change)) return false;
      const { id, read } = change;
      if (read) changes.set(id, { id, read, removed: read });
      else changes.delete(id); // scheduled by this unit
      return true;
    },

    async reschedule(key, time) {
      const dueMs = dueMsOf(time);
      const change = await known(key);
      if (!isWaiting(change)) return false;
      const { id, read, put } = change;
      changes.set(id, put ? { id, read, put: { ...put, dueMs } } : { id, read, moveToMs: dueMs });
      return true;
    },

    async writes() {
      isClosed = true;
      await Promise.all(pending);
      if (readsFirst) await Promise.all([...changes.values()].map(requireFree));
      return [...changes.values()].flatMap(writesOf);
    },

    due() {
      const times = [...changes.values()].map(
        ({ id, put, moveToMs }) => [id, put?.dueMs ?? moveToMs] as const,
      );
      return new Map(times.flatMap(([id, dueMs]) => (dueMs === undefined ? [] : [[id, dueMs]])));
    },
  };

  function writesOf({ id, read, put, moveToMs, removed }: Change): Write[] {
    if (put) return [putWrite(table, { id, ...put }, read)];
    if (read && moveToMs !== undefined) return [moveWrite(table, read, moveToMs)];
    return removed ? [removeWrite(table, removed)] : [];
  }

  /** The change of a key, with the message that waits there. */
  async function known(key: string): Promise<Change> {
    const id = idOf(key);
    const given = changes.get(id);
    if (given) return given;
    const item = await watchedWork("unit.cancel or unit.reschedule", () => read(id));
    const found: Change = { id, read: item && readScheduledItem(item) };
    const meanwhile = changes.get(id); // another call of the same handler
    if (meanwhile) return meanwhile;
    changes.set(id, found);
    return found;
  }

  async function requireFree({ id, read: known, put }: Change): Promise<void> {
    if (put === undefined || known !== undefined) return;
    const item = await read(id);
    if (item !== undefined && item.messageId?.S !== put.message.id) throw exists(put.key);
  }

  function wait(promise: Promise<unknown>): void {
    promise.catch(() => undefined); // whoever commits is told
    pending.push(promise);
  }

  /** As a unit of work that publishes it would make it, named after its cause and key. */
  function messageOf(
    draft: Draft,
    { key, dueMs }: { readonly key: string; readonly dueMs: number },
    checked: (message: Envelope) => void,
  ): Envelope {
    const { name, schedules } = contract;
    if (!schedules?.some(({ type }) => type === draft.type)) {
      throw new Park(
        "TYPE_NOT_SCHEDULED",
        `the contract of ${name} does not list ${draft.type} under schedules`,
      );
    }
    const alone = unitOfWork({ contract: { name, publishes: schedules }, cause });
    alone.publish(draft);
    const id = derivedId(cause.source, cause.id, name, "schedule", key);
    const isLong = dueMs - nowMs() >= longMs;
    const named = () => ({ ...(alone.messages[0] as Envelope), id, ...(isLong && { hops: 0 }) });
    const checks = alone.checked();
    if (checks) wait(checks.then(() => checked(named())));
    return named();
  }

  function idOf(key: string): string {
    if (typeof key === "string" && key !== "" && key.length <= keyLengthMax)
      return itemId(contract.name, key);
    throw new Park("SCHEDULE_INVALID", `the key must be a string of 1 to ${keyLengthMax} characters`);
  }
}

function isWaiting(change: Change | undefined): boolean {
  return change?.put !== undefined || (change?.read !== undefined && !change.removed);
}

function exists(key: string): Park {
  return new Park(
    "SCHEDULE_EXISTS",
    `another message waits under the key of ${key.length} characters: cancel it first, or move it with reschedule`,
  );
}
