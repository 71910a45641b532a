import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { FoundationStack } from "../../src/stacks/foundation-stack.ts";
import { useMessaging, useOutboxRows } from "../../src/stacks/use-messaging.ts";

const config = aConfig();
const bill = aContract("bill", { accepts: ["shop.sold.v1"] });
const sell = aContract("sell", { publishes: ["shop.sold.v1"] });

describe("a function of one's own", () => {
  test("gets evidence and its queue, and nothing of a foundation that it does not have", () => {
    const { own, stack } = ownFunction();
    useMessaging(own, { contract: bill, config, queue: ownQueue(stack) });
    const template = Template.fromStack(stack);
    expect(Object.keys(variablesOf(template)).sort()).toEqual([
      "CONTRACT",
      "DEAD_LETTER_QUEUE_URL",
      "EVIDENCE_TABLE",
      "MAX_RECEIVE_COUNT",
      "POWERTOOLS_METRICS_NAMESPACE",
      "POWERTOOLS_SERVICE_NAME",
      "QUEUE_URL",
    ]);
    expect(grantsOf(template, "Role")).toEqual({
      "Evidence.Arn": [
        "dynamodb:BatchGetItem",
        "dynamodb:GetItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PutItem",
      ],
      "Jobs.Arn": [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
      ],
      "Dead.Arn": ["sqs:SendMessage"],
    });
    expect(propertiesOf(template, "AWS::IAM::Role").Path).toBe("/essentially-once/dev/service/");
  });

  test("two of one stack share its evidence; a FIFO queue needs what its holds need", () => {
    const { own, stack } = ownFunction();
    const fifo = { ...ownQueue(stack), queue: new Queue(stack, "Ordered", { fifo: true }) };
    useMessaging(own, { contract: bill, config, queue: fifo });
    useMessaging(ownFunction(stack, "Second").own, { contract: aContract("second"), config });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::DynamoDB::GlobalTable", 1);
    expect(grantsOf(template, "Role")["Evidence.Arn"]).toContain("dynamodb:DeleteItem");
  });

  test("G7: may put rows of its own name into the outbox, and without a foundation must not publish", () => {
    const { own, stack, foundation } = ownFunction();
    expect(() => useMessaging(own, { contract: sell, config })).toThrow(
      "Own/Function: sell publishes messages, so it needs an outbox: give useMessaging a `foundation`",
    );
    useOutboxRows(ownFunction(stack, "Second").own, { contract: sell, config, foundation });
    const policies = Object.values(Template.fromStack(stack).findResources("AWS::IAM::Policy"));
    expect(JSON.stringify(policies)).toContain('{"dynamodb:LeadingKeys":["sell#*"]}');
  });

  test("a role that has a name stays where it is", () => {
    const { own, stack } = ownFunction(undefined, "Function", "mine");
    useMessaging(own, { contract: bill, config });
    expect(propertiesOf(Template.fromStack(stack), "AWS::IAM::Role")).not.toHaveProperty("Path");
  });
});

function ownFunction(given?: Stack, id = "Function", roleName?: string) {
  const app = given ? undefined : aTestApp();
  const stack = given ?? new Stack(app, "Own", { stackName: "Own" });
  const foundation = new FoundationStack(app ?? aTestApp(), "Foundation", { config });
  const role = new Role(stack, id === "Function" ? "Role" : `${id}OfRole`, {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    ...(roleName && { roleName }),
  });
  const own = new LambdaFunction(stack, id, {
    role,
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = async () => {};"),
  });
  return { own, stack, foundation };
}

function ownQueue(stack: Stack) {
  const [queue, deadLetterQueue] = [new Queue(stack, "Jobs"), new Queue(stack, "Dead")];
  return { queue, deadLetterQueue, maxReceiveCount: 4 };
}

function variablesOf(template: Template) {
  const { Environment } = propertiesOf(template, "AWS::Lambda::Function", "Function");
  return (Environment as { Variables: Record<string, unknown> }).Variables;
}
