import { describe, expect, test } from "vitest";
import { stackProps } from "../../lib/config.ts";
import { aConfig } from "../support/test-app.ts";

describe("stage", () => {
  test("is dev unless given", () => {
    expect(aConfig().stage).toBe("dev");
  });

  test("dev is small and disposable", () => {
    const { sizes } = aConfig({ stage: "dev" });
    expect(sizes.functionTimeout.toSeconds()).toBe(5);
    expect(sizes).toMatchObject({ batchSize: 10, maxConcurrency: 2, maxReceiveCount: 5, keepsData: false });
  });

  test("prod is larger and keeps its data", () => {
    const { sizes } = aConfig({ stage: "prod" });
    expect(sizes.functionTimeout.toSeconds()).toBe(30);
    expect(sizes).toMatchObject({ batchSize: 10, maxConcurrency: 50, maxReceiveCount: 5, keepsData: true });
  });

  test.each(["test", "", "Dev", "toString", 1])("%o is refused, naming the allowed ones", (stage) => {
    expect(() => aConfig({ stage })).toThrow(
      `context "stage" must be one of dev, prod, got ${JSON.stringify(stage)}`,
    );
  });

  test("is in the name of every stack, so that stages live side by side", () => {
    expect(stackProps(aConfig({ stage: "prod" }), "Orders", "").stackName).toBe(
      "EssentiallyOnce-prod-Orders",
    );
  });

  test.each([
    ["dev", false],
    ["prod", true],
  ])("%s protects its stacks from deletion: %s", (stage, protects) => {
    expect(stackProps(aConfig({ stage }), "Orders", "").terminationProtection).toBe(protects);
  });
});

describe("who hears the alarms", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:on-call";

  test("is nobody unless given", () => {
    expect(aConfig()).not.toHaveProperty("alarmTopicArn");
    expect(aConfig()).not.toHaveProperty("alarmEmail");
  });

  test("is a topic or an address", () => {
    expect(aConfig({ alarmTopicArn: topic }).alarmTopicArn).toBe(topic);
    expect(aConfig({ alarmEmail: "you@example.com" }).alarmEmail).toBe("you@example.com");
  });

  test.each([
    [{ alarmTopicArn: "on-call" }, 'context "alarmTopicArn" must be the ARN of an SNS topic, got "on-call"'],
    [{ alarmEmail: "you" }, 'context "alarmEmail" must be an e-mail address, got "you"'],
    [{ alarmEmail: "you@example.com", alarmTopicArn: topic }, "exclude each other"],
  ])("%o is refused", (context, message) => {
    expect(() => aConfig(context)).toThrow(message);
  });
});
