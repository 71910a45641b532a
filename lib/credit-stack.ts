// CREDIT: reserve-credit decides whether a placed order is paid for.
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import type { Construct } from "constructs";
import { reserveCredit } from "../functions/credit/contracts.ts";

export class CreditStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "reserve credit for placed orders" });
    this.addConsumer(reserveCredit);
  }
}
