import { aConfig } from "@essentially-once/testing/test-app";
import { describe, expect, test } from "vitest";
import { stackProps } from "../src/config/config.ts";

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
    expect(sizes).toMatchObject({ batchSize: 10, maxConcurrency: 50, maxReceiveCount: 12, keepsData: true });
  });

  test.each(["test", "", "Dev", "toString", 1])("%o is refused, naming the allowed ones", (stage) => {
    expect(() => aConfig({ stage })).toThrow(
      `context "stage" must be one of dev, local, prod, got ${JSON.stringify(stage)}`,
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

test("tracing is off unless asked for, and is one of two", () => {
  expect(aConfig({ stage: "prod" }).sizes.tracing).toBe("off");
  expect(aConfig({ tracing: "active" }).sizes.tracing).toBe("active");
  expect(() => aConfig({ tracing: "on" })).toThrow('context "tracing" must be one of off, active, got "on"');
});

describe("operators", () => {
  const ops = "arn:aws:iam::123456789012:role/ops";

  test("are empty unless named", () => {
    expect(aConfig().sizes).not.toHaveProperty("operators");
  });

  test("are ARNs with commas between them, as patterns", () => {
    const sso = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*";
    expect(aConfig({ operators: `${ops},${sso}` }).sizes.operators).toEqual([ops, sso]);
  });

  test.each([
    "",
    "*",
    "ops",
    `${ops},`,
    `${ops} ${ops}`,
    "arn:aws:iam::*:role/ops",
    "arn:aws:sts::123456789012:assumed-role/ops/me", // which aws:PrincipalArn never is
    [ops],
  ])("%o is refused", (operators) => {
    expect(() => aConfig({ operators })).toThrow(
      'context "operators" must be comma-separated ARNs of roles or users',
    );
  });
});

describe("the receiver of the alarms", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:on-call";

  test("does not exist unless given", () => {
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
    [{ alarmEmail: "you@example.com", alarmTopicArn: topic }, "cannot be combined"],
  ])("%o is refused", (context, message) => {
    expect(() => aConfig(context)).toThrow(message);
  });
});

describe("the encryption key", () => {
  const encryptionKeyArn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

  test("is AWS's own unless given", () => {
    expect(aConfig().sizes).not.toHaveProperty("encryptionKeyArn");
    expect(stackProps(aConfig(), "Orders", "")).not.toHaveProperty("env");
  });

  test("is for every stage, and says where the deployment is", () => {
    const config = aConfig({ stage: "prod", encryptionKeyArn });
    expect(config.sizes).toMatchObject({ encryptionKeyArn, keepsData: true });
    expect(stackProps(config, "Orders", "").env).toEqual({ region: "eu-west-1" });
  });

  test.each([
    "alias/orders",
    "arn:aws:kms:eu-west-1:123456789012:alias/orders",
    "arn:aws:kms::123456789012:key/1234abcd",
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "",
  ])("%o is refused, saying what is allowed", (given) => {
    expect(() => aConfig({ encryptionKeyArn: given })).toThrow(
      'context "encryptionKeyArn" must be the ARN of a KMS key, such as arn:aws:kms:eu-west-1:123456789012:key/ID ' +
        `(not an alias), got ${JSON.stringify(given)}`,
    );
  });
});

test.each([
  [
    { stage: "prod", alarmReceiver: undefined },
    /stage prod has alarms without a receiver.*-c alarmReceiver=none/,
  ],
  [{ stage: "prod", alarmReceiver: "none", alarmEmail: "you@example.com" }, /remove one of the two/],
  [{ alarmReceiver: "somebody" }, /context "alarmReceiver" must be none/],
])("refuses alarms that notify nobody, unless that is said: %o", (context, message) => {
  expect(() => aConfig(context)).toThrow(message);
});

test("evidence is moved in the two steps that there are", () => {
  expect(aConfig()).not.toHaveProperty("moveEvidence");
  expect(aConfig({ moveEvidence: "pause" }).moveEvidence).toBe("pause");
  expect(() => aConfig({ moveEvidence: "done" })).toThrow(
    'context "moveEvidence" must be one of pause, switch, got "done"',
  );
});
