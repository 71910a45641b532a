// Moves an order to its next status when credit or shipping has answered. Only one item changes, so the item itself holds
// its evidence and its outgoing messages.

import { claimCheck } from "@essentially-once/messaging/claim-check";
import { consumer } from "@essentially-once/messaging/consumer";
import { guards } from "@essentially-once/messaging/guards";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { inline } from "@essentially-once/messaging/inline";
import { Park } from "@essentially-once/messaging/outcome";
import { CreditDenied, CreditReserved } from "../credit/messages.ts";
import { OrderShipped } from "../shipping/messages.ts";
import { settleOrder } from "./contracts.ts";
import { OrderApproved } from "./messages.ts";
import { type OrderStatus, settle } from "./order.ts";
import { orders, ordersTable } from "./orders-table.ts";

const statusAfter: Readonly<Record<string, OrderStatus>> = {
  [CreditReserved.type]: "approved",
  [CreditDenied.type]: "canceled",
  [OrderShipped.type]: "shipped",
};

export const handler = consumer(settleOrder)
  .use(guards())
  .use(idempotency({ evidence: inline({ table: ordersTable }) }))
  .use(claimCheck())
  .handler(async (message, unit) => {
    const { orderId } = message.data;
    const order = await orders.get(orderId);
    if (order === undefined) throw new Park("ORDER_UNKNOWN", `no order ${orderId}`);
    const settled = settle(order, statusAfter[message.type] as OrderStatus);
    if (settled === undefined) throw new Park("ORDER_STATUS", `order ${orderId} is ${order.status}`);

    unit.write(orders.save(settled));
    if (settled.status === "approved") {
      unit.publish(OrderApproved.from({ orderId, shipTo: order.shipTo, lines: [...order.lines] }));
    }
  });
