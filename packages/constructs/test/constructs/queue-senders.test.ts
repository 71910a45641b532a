// Who may send to a queue, as IAM evaluates a Deny: it applies when all of its conditions hold.
import { readFileSync } from "node:fs";
import { synthesizeApp, validationContext } from "@essentially-once/testing/real-app";
import { propertiesOf, templateOf } from "@essentially-once/testing/test-app";
import { Duration } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { denyOtherSenders, relayRoles } from "../../src/constructs/queue-senders.ts";
import { ServiceQueue } from "../../src/constructs/service-queue.ts";
import { WiringRules } from "../../src/rules/wiring-rules.ts";

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const relay = role("essentially-once/dev/relay/Publish");
const service = role("essentially-once/dev/service/Ship");
const otherStage = role("essentially-once/prod/service/Ship");
const ops = role("ops");
const stranger = role("somebody-with-sqs-on-everything");
const rolePath = "/essentially-once/dev/";

interface Conditions {
  readonly ArnLike?: Condition;
  readonly ArnNotLike?: Condition;
  readonly BoolIfExists?: { readonly "aws:PrincipalIsAWSService": string };
}
interface Condition {
  readonly "aws:PrincipalArn": unknown;
}

/** Undefined for a service of AWS, which has no ARN. */
function denied(policy: { operators?: string[]; senders?: "relay" | "everybody" }) {
  const template = templateOf((stack) => {
    const queue = new ServiceQueue(stack, "Queue", { keepsData: false, retentionPeriod: Duration.days(1) });
    const senders = policy.senders === "everybody" ? undefined : [relayRoles(stack, { rolePath })];
    denyOtherSenders(queue, {
      senders,
      sizes: { rolePath, ...(policy.operators && { operators: policy.operators }) },
    });
  });
  const { PolicyDocument } = propertiesOf(template, "AWS::SQS::QueuePolicy") as {
    PolicyDocument: { Statement: { Sid?: string; Condition: Conditions }[] };
  };
  const { Condition } = PolicyDocument.Statement.find(({ Sid }) => Sid === "OtherSenders") ?? {};
  if (Condition === undefined) throw new Error("there is no statement");
  const { ArnLike, ArnNotLike, BoolIfExists } = Condition;
  return (arn: string | undefined) =>
    (ArnLike === undefined || matches(ArnLike, arn)) &&
    (ArnNotLike === undefined || !matches(ArnNotLike, arn)) &&
    (BoolIfExists === undefined || BoolIfExists["aws:PrincipalIsAWSService"] === String(arn === undefined));
}

function matches(condition: Condition, arn: string | undefined): boolean {
  const patterns = [condition["aws:PrincipalArn"]].flat().map((pattern) => textOf(pattern));
  return (
    arn !== undefined &&
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(arn))
  );
}

/** As in one account. */
function textOf(pattern: unknown): string {
  if (typeof pattern === "string") return pattern;
  const { "Fn::Join": join } = pattern as { "Fn::Join": [string, (string | { Ref: string })[]] };
  const values: Record<string, string> = { "AWS::Partition": "aws", "AWS::AccountId": "123456789012" };
  return join[1].map((part) => (typeof part === "string" ? part : values[part.Ref])).join("");
}

describe("a queue behind the relay", () => {
  test.each([
    ["the relay", relay, false],
    ["an operator", ops, false],
    ["a service of AWS, as SQS that moves dead letters", undefined, false],
    ["another function of the app", service, true],
    ["whoever else may send to every queue of the account", stranger, true],
    ["a function of another stage", otherStage, true],
  ])("with operators named: %s", (_, arn, isDenied) => {
    expect(denied({ operators: [ops] })(arn)).toBe(isDenied);
  });

  test.each([
    ["the relay", relay, false],
    ["an operator whom nobody named", ops, false],
    ["another function of the app", service, true],
  ])("with nobody named: %s", (_, arn, isDenied) => {
    expect(denied({})(arn)).toBe(isDenied);
  });
});

test.each([
  ["a shop front that nobody named", stranger, false],
  ["a function of the app", service, true],
  ["the relay", relay, true],
])("a queue past the relay: %s", (_, arn, isDenied) => {
  expect(denied({ operators: [ops], senders: "everybody" })(arn)).toBe(isDenied);
});

describe("with operators named, the whole app", () => {
  test("keeps the rules", () => {
    const assembly = synthesizeApp({ operators: ops });
    const context = validationContext(assembly);
    expect(new WiringRules().validate(context).violations).toEqual([]);
    for (const { templatePath } of context.stackTemplates) {
      const text = readFileSync(templatePath, "utf8");
      if (text.includes('"AWS::SQS::QueuePolicy"')) expect(text).toContain(ops);
    }
  });

  test("is refused by the rules when an operator's pattern takes in the app's own functions", () => {
    const { violations } = new WiringRules().validate(
      validationContext(synthesizeApp({ operators: role("*") })),
    );
    expect(new Set(violations.map(({ ruleName }) => ruleName))).toEqual(new Set(["queue-senders"]));
  });
});
