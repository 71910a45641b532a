// The totals of a customer's orders. Pure: the same events in the same order make the same statements, whether they are
// read one by one as they arrive or all at once from the journal's beginning.
import type { Versioned } from "@essentially-once/messaging/versioned-table";
import { CreditDenied } from "../credit/messages.ts";
import { OrderCanceled, OrderPlaced } from "../orders/messages.ts";
import { OrderShipped } from "../shipping/messages.ts";

/** `id` is the order's. Only OrderPlaced has its customer and its total. */
export interface OrderOfCustomer extends Versioned {
  readonly customerId: string;
  /** Cents. */
  readonly total: number;
  /** Counted as canceled: credit may deny what a time-out canceled before. */
  readonly isCanceled?: boolean;
}

export interface Tally {
  readonly orders: number;
  /** Cents. */
  readonly total: number;
}

const steps = {
  [OrderPlaced.type]: "placed",
  [CreditDenied.type]: "canceled",
  [OrderCanceled.type]: "canceled",
  [OrderShipped.type]: "shipped",
} as const;

export type StatementStep = (typeof steps)[keyof typeof steps];

/** `id` is the customer's. An order counts in every step that it took. */
export interface Statement extends Versioned, Readonly<Record<StatementStep, Tally>> {}

export const statementEvents = [OrderPlaced, CreditDenied, OrderCanceled, OrderShipped] as const;

/** The statement after one more step of an order. */
export function counted(
  statement: Statement | undefined,
  type: keyof typeof steps,
  order: OrderOfCustomer,
): Statement {
  const before = statement ?? emptyStatement(order.customerId);
  const { orders, total } = before[steps[type]];
  return { ...before, [steps[type]]: { orders: orders + 1, total: total + order.total } };
}

/** The order once a step is counted, or undefined when it was: whichever of two says first that it is canceled. */
export function afterStep(order: OrderOfCustomer, type: keyof typeof steps): OrderOfCustomer | undefined {
  if (steps[type] !== "canceled") return order;
  return order.isCanceled ? undefined : { ...order, isCanceled: true };
}

/** The part of a journal event that a statement reads. */
export interface StatementEvent {
  readonly type: string;
  readonly data: unknown;
}

/** All statements, folded from the events of the journal; those of one order must be in their order. */
export function statementsOf(events: Iterable<StatementEvent>): Map<string, Statement> {
  const orders = new Map<string, OrderOfCustomer>();
  const statements = new Map<string, Statement>();
  for (const { type, data } of events) {
    if (!isStep(type)) continue;
    const { orderId, ...rest } = data as { orderId: string; customerId: string; total: number };
    const order = type === OrderPlaced.type ? { id: orderId, version: 1, ...rest } : orders.get(orderId);
    if (order === undefined) throw new Error(`no ${OrderPlaced.type} before ${type} of order ${orderId}`);
    const after = afterStep(order, type);
    if (after === undefined) continue;
    orders.set(orderId, after);
    const statement = counted(statements.get(order.customerId), type, order);
    statements.set(order.customerId, { ...statement, version: statement.version + 1 });
  }
  return statements;
}

function isStep(type: string): type is keyof typeof steps {
  return type in steps;
}

function emptyStatement(customerId: string): Statement {
  const nothing = { orders: 0, total: 0 };
  return {
    id: customerId,
    version: 0,
    placed: nothing,
    canceled: nothing,
    shipped: nothing,
  };
}
