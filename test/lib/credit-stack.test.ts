import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { reserveCredit } from "../../functions/credit/contracts.ts";
import { CreditStack } from "../../lib/credit-stack.ts";

describe("credit", () => {
  const app = aTestApp();
  const config = aConfig();
  const stack = new CreditStack(app, "Credit", {
    config,
    foundation: new FoundationStack(app, "Foundation", { config }),
  });
  const template = Template.fromStack(stack);

  test("reserve-credit hears of placed orders and answers", () => {
    expect(stack.subscriptions.map(({ contract }) => contract)).toContain(reserveCredit);
    expect(stack.contracts).toContain(reserveCredit);
  });

  test("reserve-credit knows its table", () => {
    expect(propertiesOf(template, "AWS::Lambda::Function", "ReserveCredit").Environment).toMatchObject({
      Variables: { CREDIT_TABLE: { Ref: expect.stringMatching(/^Table/) } },
    });
  });

  test("outputs its table and its queues", () => {
    expect(Object.keys(template.findOutputs("*")).sort()).toEqual(
      expect.arrayContaining(["CreditTable", "ReserveCreditDeadLetterQueueUrl", "ReserveCreditQueueUrl"]),
    );
  });
});
