// An order and its life, decided for every status and every message. Pure. The picture: docs/processes.md.
import { environmentNumber } from "@essentially-once/messaging/environment";
import { type ProcessItem, process, stored } from "@essentially-once/messaging/process";
import { CreditDenied, CreditReserved } from "../credit/messages.ts";
import { OrderShipped, ShippingRefused } from "../shipping/messages.ts";
import { CreditOverdue, OrderApproved, OrderCanceled, OrderRecalled, ShippingOverdue } from "./messages.ts";

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  /** Cents. */
  readonly unitPrice: number;
}

export interface Order extends ProcessItem {
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly shipTo: string;
  /** Cents. */
  readonly total: number;
  readonly status: "new" | "approved" | "recalled" | "shipped" | "canceled";
  readonly placedAt: string;
}

export function newOrder(order: Pick<Order, "id" | "customerId" | "lines" | "shipTo" | "placedAt">): Order {
  const total = order.lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0);
  return { ...order, total, status: "new", version: 0 };
}

const odd = { park: "ORDER_STATUS" } as const;
const data = ({ id }: Order) => ({ orderId: id });
const canceled = ({ id, customerId, total, status }: Order) => ({
  publish: [OrderCanceled.from({ orderId: id, customerId, total, approved: status !== "new" })],
});
/** What may still come when the order has gone on. */
const late = {
  [CreditReserved.type]: odd,
  [CreditDenied.type]: odd,
  [CreditOverdue.type]: "ignored",
  [ShippingOverdue.type]: "ignored",
} as const;

export const settleOrder = process({
  name: "settle-order",
  accepts: [CreditReserved, CreditDenied, CreditOverdue, OrderShipped, ShippingRefused, ShippingOverdue],
  publishes: [OrderApproved, OrderCanceled, OrderRecalled, CreditOverdue, ShippingOverdue],
  schedules: [CreditOverdue, ShippingOverdue],
  table: stored<Order>("ORDERS_TABLE"),
  initial: ["new"],
  states: {
    none: { every: { park: "ORDER_UNKNOWN" } },
    new: {
      timeout: { type: CreditOverdue, data, after: seconds("CREDIT_TIMEOUT") },
      [CreditReserved.type]: {
        to: "approved",
        step: (_reserved, { id, shipTo, lines }) => ({
          publish: [OrderApproved.from({ orderId: id, shipTo, lines: [...lines] })],
        }),
      },
      [CreditDenied.type]: { to: "canceled" },
      [CreditOverdue.type]: { to: "canceled", step: (_late, order) => canceled(order) },
      [OrderShipped.type]: odd,
      [ShippingRefused.type]: odd,
      [ShippingOverdue.type]: odd,
    },
    approved: {
      timeout: { type: ShippingOverdue, data, after: seconds("SHIPPING_TIMEOUT") },
      ...late,
      [OrderShipped.type]: { to: "shipped" },
      [ShippingRefused.type]: { to: "canceled", step: (_refused, order) => canceled(order) },
      [ShippingOverdue.type]: {
        to: "recalled",
        step: (_late, { id }) => ({ publish: [OrderRecalled.from({ orderId: id })] }),
      },
    },
    recalled: {
      timeout: "none", // ship-order answers, or parks with an alarm
      ...late,
      [OrderShipped.type]: { to: "shipped" },
      [ShippingRefused.type]: { to: "canceled", step: (_refused, order) => canceled(order) },
    },
    shipped: { final: true, ...late, [OrderShipped.type]: odd, [ShippingRefused.type]: odd },
    canceled: {
      final: true,
      ...late,
      [CreditReserved.type]: "ignored", // OrderCanceled gives it back
      [CreditDenied.type]: "ignored",
      [OrderShipped.type]: odd,
      [ShippingRefused.type]: "ignored",
    },
  },
});

function seconds(variable: string) {
  return () => ({ seconds: environmentNumber(`${variable}_SECONDS`, { min: 1, max: 31_536_000 }) });
}
