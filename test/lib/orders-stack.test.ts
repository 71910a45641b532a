import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { placeOrder, settleOrder } from "../../functions/orders/contracts.ts";
import { OrdersStack } from "../../lib/orders-stack.ts";

describe("orders", () => {
  const app = aTestApp();
  const config = aConfig();
  const stack = new OrdersStack(app, "Orders", {
    config,
    foundation: new FoundationStack(app, "Foundation", { config }),
  });
  const template = Template.fromStack(stack);

  test("place-order is reached by URL, by those whom IAM allows", () => {
    expect(propertiesOf(template, "AWS::Lambda::Url")).toMatchObject({
      AuthType: "AWS_IAM",
      TargetFunctionArn: { "Fn::GetAtt": [expect.stringMatching(/^PlaceOrder/), "Arn"] },
    });
    expect(template.findResources("AWS::Lambda::Permission")).toEqual({}); // nobody but them
  });

  test("place-order commits units of work", () => {
    const { Variables: variables } = propertiesOf(template, "AWS::Lambda::Function", "PlaceOrder")
      .Environment as {
      Variables: object;
    };
    expect(Object.keys(variables).sort()).toEqual([
      "CONTRACT",
      "EVIDENCE_TABLE",
      "NODE_OPTIONS",
      "ORDERED_OUTBOX_TABLE",
      "ORDERS_TABLE",
      "POWERTOOLS_METRICS_NAMESPACE",
      "POWERTOOLS_SERVICE_NAME",
    ]);
    expect(grantsOf(template, "PlaceOrderRole")["Table.Arn"]).toContain("dynamodb:PutItem");
  });

  test("settle-order hears what became of an order, and place-order of none", () => {
    expect(stack.subscriptions.map(({ contract }) => contract)).toContain(settleOrder);
    expect(stack.contracts).toEqual(expect.arrayContaining([placeOrder, settleOrder]));
  });

  test("G3: a publisher of the stack reads the stream of the orders, which carry what settle-order publishes", () => {
    const mapping = propertiesOf(template, "AWS::Lambda::EventSourceMapping", "PublishItemsMapping");
    expect(mapping.EventSourceArn).toEqual({ "Fn::GetAtt": [expect.stringMatching(/^Table/), "StreamArn"] });
  });

  test("outputs its table, its URL and its queues", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual(
      expect.arrayContaining([
        "OrdersTable",
        "PlaceOrderUrl",
        "SettleOrderDeadLetterQueueUrl",
        "SettleOrderQueueUrl",
      ]),
    );
  });
});
