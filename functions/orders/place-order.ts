// POST an order: state and OrderPlaced commit together, and the same Idempotency-Key gets the same answer.
import { nowIso } from "@essentially-once/messaging/clock";
import { endpoint } from "@essentially-once/messaging/endpoint";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { derivedId } from "@essentially-once/messaging/ids";
import { rows } from "@essentially-once/messaging/rows";
import { placeOrder } from "./contracts.ts";
import { OrderPlaced } from "./messages.ts";
import { newOrder } from "./order.ts";
import { orders } from "./orders-table.ts";

export const handler = endpoint(placeOrder)
  .use(idempotency({ evidence: rows() }))
  .handler(async (request, unit) => {
    const order = newOrder({
      ...request.data,
      id: derivedId(request.source, request.id),
      placedAt: nowIso(),
    });
    unit.write(orders.save(order));
    unit.publish(OrderPlaced.from({ orderId: order.id, customerId: order.customerId, total: order.total }));
    return { orderId: order.id, status: order.status, total: order.total };
  });
