import { grantsOf } from "@essentially-once/testing/policies";
import {
  aConfig,
  propertiesOf,
  signingKeysBeside,
  signingSecretBeside,
  templateOf,
} from "@essentially-once/testing/test-app";
import { AttributeType } from "aws-cdk-lib/aws-dynamodb";
import { describe, expect, test } from "vitest";
import { OutboxSweeper } from "../../src/constructs/outbox-sweeper.ts";
import { ServiceTable } from "../../src/constructs/service-table.ts";

describe("the outbox sweeper", () => {
  const template = templateOf((stack) => {
    const outbox = new ServiceTable(stack, "Outbox", { keepsData: false });
    const journal = new ServiceTable(stack, "Journal", {
      keepsData: false,
      sortKey: { name: "sequence", type: AttributeType.NUMBER },
    });
    const signingKeys = signingKeysBeside(stack);
    new OutboxSweeper(stack, "Sweep", {
      outbox,
      journal,
      signingKeys,
      sizes: aConfig().sizes,
    });
  });
  const rule = propertiesOf(template, "AWS::Events::Rule");

  test("G3: sweeps every minute", () => {
    expect(rule).toMatchObject({ ScheduleExpression: "rate(1 minute)", State: "ENABLED" });
    expect(rule.Targets).toEqual([
      {
        Id: "Target0",
        Arn: { "Fn::GetAtt": [expect.stringMatching(/^SweepFunction/), "Arn"] },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    ]);
  });

  test("G3: is not run again by Lambda, which knows nothing of the rule's retry policy", () => {
    expect(
      Object.values(template.findResources("AWS::Lambda::EventInvokeConfig"))[0]?.Properties,
    ).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test("lets only its own schedule invoke it", () => {
    expect(propertiesOf(template, "AWS::Lambda::Permission")).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
      SourceArn: { "Fn::GetAtt": [expect.stringMatching(/^SweepSchedule/), "Arn"] },
    });
  });

  test("ends before the next sweep begins", () => {
    expect(propertiesOf(template, "AWS::Lambda::Function").Timeout).toBeLessThan(60);
  });

  test("may read the outbox, append to the journal, send to the queues of the stage and delete what was sent", () => {
    expect(grantsOf(template, "SweepFunctionRole")).toEqual({
      "SweepFunctionLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
      "Outbox.Arn": ["dynamodb:BatchWriteItem", "dynamodb:Query", "dynamodb:Scan"],
      "Journal.Arn": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem"],
      "sqs:EssentiallyOnce-dev-*": ["sqs:SendMessage"],
      "ssm:parameter/essentially-once/dev/contracts": ["ssm:GetParametersByPath"],
      [signingSecretBeside]: ["secretsmanager:GetSecretValue"],
    });
  });
});
