// SHIPPING: ship-order hands an approved order to the carrier, whose API is a setting of the synthesis:
// `cdk deploy -c carrierUrl=https://...`.

import { type ServiceOptions, ServiceStack } from "@essentially-once/constructs/service-stack";
import type { Construct, Node } from "constructs";
import { shipOrder } from "../functions/shipping/contracts.ts";

export class ShippingStack extends ServiceStack {
  constructor(scope: Construct, id: string, options: ServiceOptions) {
    super(scope, id, { ...options, purpose: "ship approved orders" });
    const shipping = this.addConsumer(shipOrder, { environment: { CARRIER_URL: readCarrierUrl(this.node) } });
    this.foundation.claims.allowReading(shipping.function);
  }
}

/** Base URL of the carrier's API, without a trailing slash. */
function readCarrierUrl(node: Node): string {
  const given: unknown = node.tryGetContext("carrierUrl") ?? "https://carrier.example.com";
  const url = typeof given === "string" ? URL.parse(given) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new Error(
      `context "carrierUrl" must be an http(s) URL without query or fragment, got ${JSON.stringify(given)}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}
