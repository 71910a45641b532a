// CREDIT: reserve-credit decides whether a placed order is paid for.
import type { Construct } from "constructs";
import { CreditDenied, CreditReserved } from "../functions/credit/messages.ts";
import { OrderPlaced } from "../functions/orders/messages.ts";
import { type ServiceOptions, ServiceStack } from "./service-stack.ts";

export class CreditStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "reserve credit for placed orders" });
    this.addConsumer("ReserveCredit", {
      entry: "credit/reserve-credit.ts",
      accepts: [OrderPlaced.type],
      publishes: [CreditReserved.type, CreditDenied.type],
    });
  }
}
