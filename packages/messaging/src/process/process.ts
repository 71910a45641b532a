// A process waits for several messages of one key: its item has a status, and a table says for every status and every
// message that it accepts what happens. The table is pure: the handler runs it (advance.ts), the stack reads it as a
// contract, diagram.ts draws it, and tests derive the orders of arrival from it.
//
//   G14. Every pair of a status and a message is decided: it moves the process, is ignored, or is parked with a code. A pair
//   that nobody decided does not compile, and an incomplete table fails when it is made.

import type { Write } from "../commit/unit-of-work.ts";
import type { Versioned } from "../commit/versioned-table.ts";
import { type Contract, contract, type TypeOf } from "../envelope/contract.ts";
import type { Envelope } from "../envelope/envelope.ts";
import type { Draft, MessageType } from "../envelope/message-type.ts";
import type { After } from "../schedule/due-time.ts";
import { type GivenRow, type ReadRow, readRow } from "./read-row.ts";
import { requireDecided, requireSound } from "./soundness.ts";

/** The stored state of a process; `id` is its key. */
export interface ProcessItem extends Versioned {
  readonly status: string;
  /** While a time-out runs: the id of the message that began the wait, by which a late one is told. */
  readonly enteredBy?: string | undefined;
  /** While the time-out of `begin` runs: who scheduled it, and for which message. */
  readonly begunBy?: string | undefined;
}

/** The table of the items, by the environment variable that names it. */
export interface ItemTable<Item extends ProcessItem> {
  readonly variable: string;
  /** Never there: it carries the type. */
  readonly item?: Item;
}

/** Names the table of a process: `table: stored<Order>("ORDERS_TABLE")`. */
export function stored<Item extends ProcessItem>(variable: string): ItemTable<Item> {
  return { variable };
}

type Types = readonly MessageType[];
type Own<Item> = Omit<Item, keyof ProcessItem>;
/** Not by `as` in a mapped type: a key that is computed would then give its step no types. */
type Of<Accepts extends Types, Name extends string> = Extract<Accepts[number], { readonly type: Name }>;
type Received<Type> = Type extends MessageType<infer Name, infer Data> ? Envelope<Name, Data> : never;

/** What a transition does beside the change of status. Everything in it is committed in one write. */
export interface Step<Publishes extends Types, Item extends ProcessItem> {
  /** Attributes that get another value. */
  readonly change?: Partial<Own<Item>>;
  readonly publish?: readonly Draft<TypeOf<Publishes>>[];
  /** Other items, with evidence in rows. */
  readonly write?: readonly Write[];
}

/** The first step makes the item. */
export type FirstStep<Publishes extends Types, Item extends ProcessItem> = Step<Publishes, Item> & {
  readonly change: Own<Item>;
};

/**
 * Only acknowledged: nothing changes, now or when it is delivered again. Of a message that finds no item, only evidence in rows
 * remembers that: with evidence in the item, a second delivery is decided by the item that has been made since.
 */
export type Ignored = "ignored";

export interface Parked {
  /** The code that the message is parked with: docs/errors.md has yours beside those of the kit. */
  readonly park: string;
}

/** One way on. The same status again keeps its time-out running. */
export interface OneWay<Status, Result, Args extends readonly unknown[]> {
  readonly to: Status;
  /** Pure. @throws Park for data that can never be right */
  readonly step?: (...args: Args) => Result;
}

/** One of several ways, chosen by what the message or the item says. */
export interface OneOf<Status, Result, Args extends readonly unknown[]> {
  readonly oneOf: readonly [Status, Status, ...Status[]];
  /** Pure. @throws Park for data that can never be right */
  readonly choose: (...args: Args) => Result & { readonly to: Status };
}

type CellFor<Type, Publishes extends Types, Item extends ProcessItem> =
  | Ignored
  | Parked
  | OneWay<Item["status"], Step<Publishes, Item>, [message: Received<Type>, item: Item]>
  | OneOf<Item["status"], Step<Publishes, Item>, [message: Received<Type>, item: Item]>;

type FirstCellFor<Type, Publishes extends Types, Item extends ProcessItem> =
  | Ignored
  | Parked
  | Required<OneWay<Item["status"], FirstStep<Publishes, Item>, [message: Received<Type>]>>
  | OneOf<Item["status"], FirstStep<Publishes, Item>, [message: Received<Type>]>;

/** A decision for each accepted type, or one for all of them. */
type Cells<Each> = (Each & { readonly every?: never }) | { readonly every: Ignored | Parked };

type Row<
  Accepts extends Types,
  Publishes extends Types,
  Timeouts extends Types,
  Item extends ProcessItem,
> = Cells<{
  readonly [Type in TypeOf<Accepts>]: CellFor<Of<Accepts, Type>, Publishes, Item>;
}> &
  (Waiting<Timeouts, Item> | Final);

interface Final {
  /** Nothing leads on from here. */
  readonly final: true;
  readonly timeout?: never;
}

interface Waiting<Timeouts extends Types, Item extends ProcessItem> {
  readonly final?: never;
  /** What ends the wait when nothing else does; `"none"` for a status without a limit. */
  readonly timeout: TimeoutOf<Timeouts[number], Item> | "none";
}

/** A message to itself, scheduled when the status is entered and cancelled when it is left. */
export interface Timeout<Type extends MessageType, Item extends ProcessItem> {
  readonly type: Type;
  readonly data: (item: Item) => Type extends MessageType<string, infer Data> ? Data : never;
  /** A function for what the environment says: it is called when the handler is made. */
  readonly after: After | (() => After);
}

type TimeoutOf<Type, Item extends ProcessItem> = Type extends MessageType ? Timeout<Type, Item> : never;

export interface ProcessOptions<
  Accepts extends Types,
  Publishes extends Types,
  Timeouts extends Types,
  Item extends ProcessItem,
> {
  /** As of any contract. */
  readonly name: string;
  /** The types of message that move it, its time-outs among them. */
  readonly accepts: Accepts;
  /** The types of message that its steps publish, and its time-outs; none unless given. */
  readonly publishes?: Publishes;
  /** The time-outs of its statuses. */
  readonly schedules?: Timeouts;
  readonly table: ItemTable<Item>;
  /** The id of the item that a message is for; its `partitionkey` unless given. */
  readonly key?: (message: Envelope) => string;
  /** The statuses that `begin` may make an item in; none unless given. */
  readonly initial?: readonly Item["status"][];
  /** `none` is for messages that find no item. */
  readonly states: {
    readonly [Status in Exclude<Item["status"], typeof noItem>]: Row<Accepts, Publishes, Timeouts, Item>;
  } & {
    readonly none: Cells<{
      readonly [Type in TypeOf<Accepts>]: FirstCellFor<Of<Accepts, Type>, Publishes, Item>;
    }>;
  };
}

/** A contract, so that the stack wires it like that of any consumer, and its table. */
export interface Process<
  Item extends ProcessItem = ProcessItem,
  Accepts extends Types = Types,
  Publishes extends Types = Types,
  Timeouts extends Types = Types,
> extends Contract<Accepts, Publishes, Timeouts> {
  readonly table: ItemTable<Item>;
  readonly initial: readonly string[];
  readonly rows: ReadonlyMap<string, ReadRow>;
  key(message: Envelope): string;
}

/** The column of messages that find no item. */
export const noItem = "none";

/**
 * A process, for the handler and for the stack.
 * ```ts
 * export const settleOrder = process({
 *   name: "settle-order",
 *   accepts: [CreditReserved, CreditDenied, CreditOverdue],
 *   publishes: [OrderApproved, CreditOverdue],
 *   schedules: [CreditOverdue],
 *   table: stored<Order>("ORDERS_TABLE"),
 *   initial: ["new"],
 *   states: {
 *     none: { every: { park: "ORDER_UNKNOWN" } },
 *     new: {
 *       timeout: { type: CreditOverdue, data: ({ id }) => ({ orderId: id }), after: { days: 1 } },
 *       [CreditReserved.type]: { to: "approved", step: ({ data }) => ({ publish: [OrderApproved.from(data)] }) },
 *       [CreditDenied.type]: { to: "canceled" },
 *       [CreditOverdue.type]: { to: "canceled" },
 *     },
 *     approved: { final: true, every: "ignored" },
 *     canceled: { final: true, every: "ignored" },
 *   },
 * });
 * ```
 * @throws Error for a table that leaves a pair open, has a status that nothing reaches, or one that nothing leads out of
 */
export function process<
  Item extends ProcessItem,
  const Accepts extends Types,
  const Publishes extends Types = readonly [],
  const Timeouts extends readonly (Accepts[number] & Publishes[number])[] = readonly [],
>(options: ProcessOptions<Accepts, Publishes, Timeouts, Item>): Process<Item, Accepts, Publishes, Timeouts> {
  const { table, initial = [], states, key = ({ partitionkey }) => partitionkey, ...named } = options;
  const own = contract<Accepts, Publishes, Timeouts>(named);
  const types = own.accepts.map(({ type }) => type);
  requireDecided(own.name, states, types);
  const rows = new Map(
    Object.entries(states).map(([status, row]) => [status, readRow(row as GivenRow, types)]),
  );
  const read: Process<Item, Accepts, Publishes, Timeouts> = { ...own, table, initial, rows, key };
  requireSound(read);
  return read;
}
