// An order and its life: new → approved → shipped, or new → canceled. Pure.
import type { Versioned } from "@essentially-once/messaging/versioned-table";

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  /** Cents. */
  readonly unitPrice: number;
}

export type OrderStatus = "new" | "approved" | "shipped" | "canceled";

export interface Order extends Versioned {
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly shipTo: string;
  /** Cents. */
  readonly total: number;
  readonly status: OrderStatus;
  readonly placedAt: string;
}

export function newOrder(order: Pick<Order, "id" | "customerId" | "lines" | "shipTo" | "placedAt">): Order {
  const total = order.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
  return { ...order, total, status: "new", version: 0 };
}

const next: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  new: ["approved", "canceled"],
  approved: ["shipped"],
  shipped: [],
  canceled: [],
};

/** The order in its next status, or undefined when its status does not allow that step. */
export function settle(order: Order, status: OrderStatus): Order | undefined {
  return next[order.status].includes(status) ? { ...order, status } : undefined;
}
