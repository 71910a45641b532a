import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { shipOrder } from "../../functions/shipping/contracts.ts";
import { ShippingStack } from "../../lib/shipping-stack.ts";

describe("shipping", () => {
  const stack = aShippingStack("http://127.0.0.1:8080/");
  const template = Template.fromStack(stack);

  test("ship-order hears of approved orders and says when they are shipped", () => {
    expect(stack.subscriptions.map(({ contract }) => contract)).toContain(shipOrder);
  });

  test("ship-order knows its table and the carrier", () => {
    expect(propertiesOf(template, "AWS::Lambda::Function", "ShipOrder").Environment).toMatchObject({
      Variables: {
        CARRIER_URL: "http://127.0.0.1:8080",
        SHIPPING_TABLE: { Ref: expect.stringMatching(/^Table/) },
      },
    });
  });

  test("outputs its table and its queues", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual(
      expect.arrayContaining(["ShipOrderDeadLetterQueueUrl", "ShipOrderQueueUrl", "ShippingTable"]),
    );
  });
});

describe("carrierUrl", () => {
  test.each([
    [undefined, "https://carrier.example.com"],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["https://carrier.test/api/", "https://carrier.test/api"],
  ])("%s is taken without a trailing slash", (given, taken) => {
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
  ])("%o is refused", (carrierUrl) => {
    expect(() => aShippingStack(carrierUrl)).toThrow(
      `context "carrierUrl" must be an http(s) URL without query or fragment, got ${JSON.stringify(carrierUrl)}`,
    );
  });
});

function aShippingStack(carrierUrl?: unknown): ShippingStack {
  const app = aTestApp(carrierUrl === undefined ? {} : { carrierUrl });
  const config = aConfig();
  return new ShippingStack(app, "Shipping", {
    config,
    foundation: new FoundationStack(app, "Foundation", { config }),
  });
}
