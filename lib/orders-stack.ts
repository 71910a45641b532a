// ORDERS: place-order stores an order and publishes it; settle-order updates it when credit and shipping answer.

import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import type { Construct } from "constructs";
import { placeOrder } from "../functions/orders/contracts.ts";
import { settleOrder } from "../functions/orders/order.ts";

export class OrdersStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, {
      ...options,
      purpose: "place and settle orders",
      messagesInItems: true, // settle-order keeps its messages in the order
    });
    this.addEndpoint(placeOrder);
    const settling = this.addConsumer(settleOrder, { fifo: true }); // an order is approved before it is shipped
    this.foundation.claims.allowPutting(settling.function); // an approved order carries its lines
  }
}
