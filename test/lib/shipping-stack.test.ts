import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../lib/foundation-stack.ts";
import { ShippingStack } from "../../lib/shipping-stack.ts";
import { aConfig, aTestApp, propertiesOf } from "../support/test-app.ts";

describe("shipping", () => {
  const app = aTestApp();
  const config = aConfig({ carrierUrl: "http://127.0.0.1:8080/" });
  const foundation = new FoundationStack(app, "Foundation", { config });
  const stack = new ShippingStack(app, "Shipping", { config, foundation });
  const template = Template.fromStack(stack);

  test("ship-order hears of approved orders and says when they are shipped", () => {
    expect(stack.subscriptions.map(({ types }) => types)).toEqual([["orders.order-approved.v1"]]);
    expect(stack.publications.map(({ types }) => types)).toEqual([["shipping.order-shipped.v1"]]);
  });

  test("ship-order knows its table and the carrier", () => {
    expect(propertiesOf(template, "AWS::Lambda::Function").Environment).toMatchObject({
      Variables: {
        CARRIER_URL: "http://127.0.0.1:8080",
        SHIPPING_TABLE: { Ref: expect.stringMatching(/^Table/) },
      },
    });
  });

  test("outputs its table and its queues", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual([
      "ShipOrderDeadLetterQueueUrl",
      "ShipOrderQueueUrl",
      "ShippingTable",
    ]);
  });
});
