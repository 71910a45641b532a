// ORDERS: place-order takes an order and publishes it; settle-order follows what credit and shipping make of it.
import type { Construct } from "constructs";
import { CreditDenied, CreditReserved } from "../functions/credit/messages.ts";
import { OrderApproved, OrderPlaced } from "../functions/orders/messages.ts";
import { OrderShipped } from "../functions/shipping/messages.ts";
import { type ServiceOptions, ServiceStack } from "./service-stack.ts";

export class OrdersStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, {
      ...options,
      purpose: "place and settle orders",
      messagesInItems: true, // settle-order keeps its messages in the order
    });
    this.addEndpoint("PlaceOrder", {
      entry: "orders/place-order.ts",
      publishes: [OrderPlaced.type],
    });
    const settleOrder = this.addConsumer("SettleOrder", {
      entry: "orders/settle-order.ts",
      accepts: [CreditReserved.type, CreditDenied.type, OrderShipped.type],
      publishes: [OrderApproved.type],
      fifo: true, // an order is approved before it is shipped
    });
    this.foundation.claims.allowPutting(settleOrder.function); // an approved order carries its lines
  }
}
