// POST an order: state, OrderPlaced and the first time-out commit together, and the same Idempotency-Key gets the same answer.
import { begin } from "@essentially-once/messaging/begin";
import { nowIso } from "@essentially-once/messaging/clock";
import { endpoint } from "@essentially-once/messaging/endpoint";
import { idempotency } from "@essentially-once/messaging/idempotency";
import { derivedId } from "@essentially-once/messaging/ids";
import { rows } from "@essentially-once/messaging/rows";
import { schedules } from "@essentially-once/messaging/schedules";
import { placeOrder } from "./contracts.ts";
import { OrderPlaced } from "./messages.ts";
import { newOrder, settleOrder } from "./order.ts";

const beginOrder = begin(settleOrder);

export const handler = endpoint(placeOrder)
  .use(idempotency({ evidence: rows() }))
  .use(schedules())
  .handler(async (request, unit) => {
    const order = newOrder({
      ...request.data,
      id: derivedId(request.source, request.id),
      placedAt: nowIso(),
    });
    beginOrder(unit, order);
    unit.publish(OrderPlaced.from({ orderId: order.id, customerId: order.customerId, total: order.total }));
    return { orderId: order.id, status: order.status, total: order.total };
  });
