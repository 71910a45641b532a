// What a handler schedules, cancels and moves: collected like its writes, and committed with them.
//
//   G1. Everything becomes writes of the unit's own transaction.
//   G12. An answer of `cancel` and `reschedule` holds when the unit commits: what it depends on is a condition of the commit, also
//   that nothing waits. Calls of one key are decided one after the other.
import { tooLate, watchedWork } from "../aws/in-flight.ts";
import type { Write } from "../commit/unit-of-work.ts";
import { type UnitOfWork, unitOfWork } from "../commit/unit-of-work.ts";
import { nowMs } from "../core/clock.ts";
import { derivedId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Draft } from "../envelope/message-type.ts";
import { type Change, type Due, exists, isWaiting, type Put, writesOf } from "./change.ts";
import { type DueTime, dueMsOf } from "./due-time.ts";
import { itemId, readScheduledItem, type StoredItem } from "./scheduled-item.ts";
import { turns } from "./turns.ts";

/** `key` names the message until it is sent; it is the contract's own: others may use the same one. */
export type ScheduleOptions = DueTime & { readonly key: string };

/** @typeParam Types the types of message that its contract schedules */
export interface Scheduling<Types extends string = string> {
  /**
   * Adds a message that is sent at a later time, never before it. It is the contract's only one of its key until it is sent or canceled.
   * @throws Park SCHEDULE_INVALID for a key or a time that is none; TYPE_NOT_SCHEDULED for a type that the contract does not
   *   list under `schedules`; SCHEDULE_EXISTS when another message waits under the key; what `publish` throws for its data. The
   *   commit throws it when the table is not read before, or an earlier call for the key is not decided
   */
  schedule(message: Draft<Types>, options: ScheduleOptions): void;
  /**
   * Cancels the message that waits under the key. True: it is not sent, once this unit of work has committed. False: nothing waits,
   * because it was sent before, or canceled, or never scheduled. Calls for one key take effect in the order in which they are made,
   * also when none is awaited before the next.
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

export interface Collected extends Scheduling {
  /** The writes of all changes, when those that had to be read or checked are. */
  writes(): Promise<Write[]>;
  /** When what it schedules or moves is due, in ms since the epoch, by the ids of the items. */
  due(): Map<string, number>;
}

export function scheduling({ unit, table, read, readsFirst }: SchedulingOptions): Collected {
  const { contract, cause } = unit.of;
  const changes = new Map<string, Change>();
  const { has: isUndecided, take: inTurn, ended } = turns();
  const pending: Promise<unknown>[] = [];
  let isClosed = false;
  return {
    schedule(draft, { key, ...time }) {
      if (isClosed) throw tooLate("unit.schedule");
      const id = idOf(key);
      const due = dueOf(time);
      if (!isUndecided(id) && isWaiting(changes.get(id))) throw exists(key);
      const put = { key, made: messageOf(draft, key), ...due };
      const add = () => {
        const before = changes.get(id);
        if (isWaiting(before)) throw exists(key);
        changes.set(id, { id, isRead: before?.isRead === true, read: before?.read, put });
      };
      if (isUndecided(id)) wait(inTurn(id, async () => add()));
      else add();
    },

    cancel(key) {
      return decide(key, {
        isKnown: (change) => change?.isRead === true, // behind a message of this unit, another may wait
        change: ({ id, read }) => ({ id, isRead: true, read, isRemoved: true }),
      });
    },

    async reschedule(key, time) {
      const move = dueOf(time);
      return decide(key, {
        isKnown: (change) => change !== undefined,
        change: ({ put, ...change }) => (put ? { ...change, put: { ...put, ...move } } : { ...change, move }),
      });
    },

    async writes() {
      isClosed = true;
      await ended();
      await Promise.all(pending);
      if (readsFirst) await (await import("./free-keys.ts")).requireFreeKeys(changes.values(), read); // seldom
      return [...changes.values()].flatMap((change) => writesOf(table, change, cause.hops + 1));
    },

    due() {
      const times = [...changes.values()].map(({ id, put, move }) => [id, (put ?? move)?.dueMs] as const);
      return new Map(times.flatMap(([id, dueMs]) => (dueMs === undefined ? [] : [[id, dueMs]])));
    },
  };

  /** Changes the message that waits under the key; false when there is none. */
  async function decide(
    key: string,
    {
      isKnown,
      change,
    }: { isKnown: (change: Change | undefined) => boolean; change: (waiting: Change) => Change },
  ): Promise<boolean> {
    const name = "unit.cancel or unit.reschedule";
    if (isClosed) throw tooLate(name);
    const id = idOf(key);
    const given = changes.get(id);
    if (!isUndecided(id) && given && isKnown(given)) return changed(given);
    return watchedWork(name, () =>
      inTurn(id, async () => {
        const known = changes.get(id);
        return changed(known && isKnown(known) ? known : await look(id, known));
      }),
    );

    function changed(known: Change): boolean {
      const isThere = isWaiting(known);
      changes.set(id, isThere ? change(known) : known);
      return isThere;
    }
  }

  async function look(id: string, known: Change | undefined): Promise<Change> {
    const item = await read(id);
    return { ...known, id, isRead: true, read: item && readScheduledItem(item) };
  }

  function wait(promise: Promise<unknown>): void {
    promise.catch(() => undefined); // whoever commits is told
    pending.push(promise);
  }

  /** As a unit of work that publishes it would make it, named after its cause and key. */
  function messageOf(draft: Draft, key: string): Put["made"] {
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
    const named = () => ({ ...(alone.messages[0] as Envelope), id });
    const made = { message: named() };
    const checks = alone.checked();
    if (checks)
      wait(
        checks.then(() => {
          made.message = named();
        }),
      );
    return made;
  }

  function idOf(key: string): string {
    const isKey = typeof key === "string" && key !== "" && key.length <= keyLengthMax && key.isWellFormed();
    if (isKey) return itemId(contract.name, key);
    throw new Park(
      "SCHEDULE_INVALID",
      `the key must be well-formed Unicode of 1 to ${keyLengthMax} characters`,
    );
  }
}

function dueOf(time: DueTime): Due {
  const dueMs = dueMsOf(time);
  return { dueMs, isLong: dueMs - nowMs() >= longMs };
}
