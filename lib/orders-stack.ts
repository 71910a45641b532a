// ORDERS: place-order stores an order and publishes it; settle-order moves it when credit and shipping answer, or do not. How
// long it waits for each is a setting of the synthesis: `-c creditTimeoutSeconds=60 -c shippingTimeoutSeconds=3600`.
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import { readSeconds } from "@essentially-once/constructs/settings";
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
    const CREDIT_TIMEOUT_SECONDS = readSeconds(this.node, "creditTimeoutSeconds", 86_400);
    const SHIPPING_TIMEOUT_SECONDS = readSeconds(this.node, "shippingTimeoutSeconds", 604_800);
    this.addEndpoint(placeOrder, { environment: { CREDIT_TIMEOUT_SECONDS } });
    const settling = this.addConsumer(settleOrder, {
      fifo: true, // an order is approved before it is shipped
      environment: { CREDIT_TIMEOUT_SECONDS, SHIPPING_TIMEOUT_SECONDS },
    });
    this.foundation.claims.allowPutting(settling.function); // an approved order carries its lines
  }
}
