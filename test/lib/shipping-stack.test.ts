import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { ShippingStack } from "../../lib/shipping-stack.ts";

test.each([
  [undefined, "https://carrier.example.com"],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["https://carrier.test/api/", "https://carrier.test/api"],
])("ship-order is told the carrier %s without a trailing slash", (given, taken) => {
  const template = Template.fromStack(aShippingStack(given));
  expect(propertiesOf(template, "AWS::Lambda::Function", "ShipOrder").Environment).toMatchObject({
    Variables: { CARRIER_URL: taken },
  });
});

test.each([
  "carrier.test",
  "ftp://carrier.test",
  "https://carrier.test/?a=1",
  "https://carrier.test/#a",
  "",
  8080,
])("the carrier %o is refused", (carrierUrl) => {
  expect(() => aShippingStack(carrierUrl)).toThrow(
    `context "carrierUrl" must be an http(s) URL without query or fragment, got ${JSON.stringify(carrierUrl)}`,
  );
});

function aShippingStack(carrierUrl?: unknown): ShippingStack {
  const app = aTestApp(carrierUrl === undefined ? {} : { carrierUrl });
  const config = aConfig();
  const foundation = new FoundationStack(app, "Foundation", { config });
  return new ShippingStack(app, "Shipping", { config, foundation });
}
