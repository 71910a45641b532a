// SHIPPING: ship-order hands an approved order to the carrier, whose API is a setting of the synthesis:
// `cdk deploy -c carrierUrl=https://...`.
import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import { readUrl } from "@essentially-once/constructs/settings";
import type { Construct } from "constructs";
import { shipOrder } from "../functions/shipping/contracts.ts";

export class ShippingStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "ship approved orders" });
    const CARRIER_URL = readUrl(this.node, "carrierUrl", "https://carrier.example.com");
    const shipping = this.addConsumer(shipOrder, { environment: { CARRIER_URL }, limits: ["carrier"] });
    this.foundation.claims.allowReading(shipping.function);
  }
}
