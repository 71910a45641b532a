import { FoundationStack } from "@essentially-once/constructs/foundation-stack";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp, propertiesOf } from "@essentially-once/testing/test-app";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { InsightsStack } from "../../lib/insights-stack.ts";

describe("insights", () => {
  const app = aTestApp();
  const config = aConfig();
  const foundation = new FoundationStack(app, "Foundation", { config });
  const template = Template.fromStack(new InsightsStack(app, "Insights", { config, foundation }));

  test("counts views from a queue of its own", () => {
    const { Variables: variables } = propertiesOf(template, "AWS::Lambda::Function", "CountOrderViews")
      .Environment as { Variables: Record<string, unknown> };
    expect(variables).toMatchObject({
      INSIGHTS_TABLE: { Ref: expect.stringMatching(/^Table/) },
      QUEUE_URL: { Ref: expect.stringMatching(/^CountOrderViewsQueue/) },
    });
  });

  test("G10: builds statements from the journal every minute, and may only read it", () => {
    expect(propertiesOf(template, "AWS::Events::Rule")).toMatchObject({
      ScheduleExpression: "rate(1 minute)",
    });
    const grants = Object.entries(grantsOf(template, "BuildStatementRole"));
    const [, journal] = grants.find(([resource]) => resource.includes("Journal")) ?? [];
    expect(journal).toEqual(["dynamodb:BatchGetItem", "dynamodb:Query"]);
  });
});
