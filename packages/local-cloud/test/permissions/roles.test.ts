// The roles of an app, read from its templates: what is evaluated, what is left out, and what is refused by name.

import { localEngines } from "@essentially-once/testing/local-engines";
import { aFunction, oneStack } from "@essentially-once/testing/synthesized";
import type { Stack } from "aws-cdk-lib";
import { AttributeType, StreamViewType, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnEventSourceMapping, Tracing } from "aws-cdk-lib/aws-lambda";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import type { Deployment } from "../../src/model/model.ts";
import { provision } from "../../src/provision/provision.ts";

const engines = localEngines();

function provisioning(define: (stack: Stack) => void): Promise<Deployment> {
  return provision({
    assemblyDirectory: oneStack(define),
    clients: engines.clients,
    endpoints: engines.endpoints,
    functionUrlFor: (path) => `http://127.0.0.1:1/${path}/`,
  });
}

const lambda = new ServicePrincipal("lambda.amazonaws.com");
const sending = (resource: string) =>
  new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [resource] });

test("a role has what is written in it, attached to it, and managed by AWS or the app", async () => {
  const { roles } = await provisioning((stack) => {
    const role = new Role(stack, "Role", { assumedBy: lambda });
    const [one, two] = [new Queue(stack, "One"), new Queue(stack, "Two")];
    role.addToPolicy(sending(one.queueArn));
    role.addManagedPolicy(new ManagedPolicy(stack, "Shared", { statements: [sending(two.queueArn)] }));
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName("service-role/AWSLambdaBasicExecutionRole"));
    aFunction(stack, "Fn", { role });
  });
  expect(roles).toMatchObject([{ path: "Shop/Role", assumedBy: ["lambda.amazonaws.com"] }]);
  const granted = roles[0]?.statements.map(({ actions, resources }) => `${actions[0]} ${resources[0]}`);
  const queue = (name: string) => `sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:Shop-test-${name}`;
  expect(granted?.toSorted()).toEqual([
    "logs:CreateLogGroup *",
    expect.stringContaining(queue("One")),
    expect.stringContaining(queue("Two")),
  ]);
});

test("what a policy allows on something that exists in AWS only is left out", async () => {
  const { roles } = await provisioning((stack) => {
    const fn = aFunction(stack, "Fn");
    new Key(stack, "Key").grantEncrypt(fn);
  });
  expect(JSON.stringify(roles)).not.toContain("kms:");
});

test("a stream is the table's, whatever region its engine writes into the ARN", async () => {
  const { streamMappings } = await provisioning((stack) => {
    const table = new TableV2(stack, "Table", {
      partitionKey: { name: "id", type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_IMAGE,
    });
    const fn = aFunction(stack, "Fn");
    const actions = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"].map(
      (name) => `dynamodb:${name}`,
    );
    fn.addToRolePolicy(new PolicyStatement({ actions, resources: [`${table.tableArn}/stream/*`] }));
    new CfnEventSourceMapping(stack, "Mapping", {
      functionName: fn.functionName,
      eventSourceArn: table.tableStreamArn ?? "",
      startingPosition: "TRIM_HORIZON",
    });
  });
  expect(streamMappings).toHaveLength(1);
});

describe("refused is", () => {
  test.each([
    [
      "a managed policy of AWS that is not known",
      (stack: Stack) => {
        const policy = ManagedPolicy.fromAwsManagedPolicyName("AdministratorAccess");
        aFunction(stack, "Fn").role?.addManagedPolicy(policy);
      },
      /Shop\/Fn\/ServiceRole: managed policy arn:aws:iam::aws:policy\/AdministratorAccess not supported \(supported: /,
    ],
    [
      "a condition",
      (stack: Stack) => {
        const conditions = { StringEquals: { "aws:RequestedRegion": "eu-west-1" } };
        aFunction(stack, "Fn").addToRolePolicy(
          new PolicyStatement({ actions: ["sqs:*"], resources: ["*"], conditions }),
        );
      },
      /Shop\/Fn\/ServiceRole\/DefaultPolicy: PolicyDocument\.Statement\.0\.Condition: not supported/,
    ],
    [
      "a role of another app",
      (stack: Stack) => {
        aFunction(stack, "Fn", {
          role: Role.fromRoleArn(stack, "Theirs", "arn:aws:iam::123456789012:role/theirs"),
        });
      },
      /Shop\/Fn: its role must be one of this app, got arn:aws:iam::123456789012:role\/theirs/,
    ],
    [
      "a role that Lambda may not assume",
      (stack: Stack) => {
        const role = new Role(stack, "Role", { assumedBy: new ServicePrincipal("ec2.amazonaws.com") });
        role.addToPolicy(new PolicyStatement({ actions: ["logs:*"], resources: ["*"] }));
        aFunction(stack, "Fn", { role });
      },
      /Shop\/Fn: lambda\.amazonaws\.com may not assume the role Shop\/Role/,
    ],
    [
      "a function that may not tell X-Ray what it is set to tell",
      (stack: Stack) => {
        const fn = aFunction(stack, "Fn", { tracing: Tracing.ACTIVE });
        fn.role?.node.tryRemoveChild("DefaultPolicy");
      },
      /Shop\/Fn: Lambda sends traces to X-Ray, .* needs xray:PutTraceSegments on \*/,
    ],
    [
      "a schedule whose role may not invoke its target",
      (stack: Stack) => {
        const { roleArn } = new Role(stack, "Role", {
          assumedBy: new ServicePrincipal("scheduler.amazonaws.com"),
        });
        new CfnSchedule(stack, "Hourly", {
          flexibleTimeWindow: { mode: "OFF" },
          scheduleExpression: "rate(1 hour)",
          target: { arn: aFunction(stack, "Fn").functionArn, roleArn },
        });
      },
      /Shop\/Hourly: the schedule invokes its target, for which the role Shop\/Role needs lambda:InvokeFunction on arn:aws:lambda/,
    ],
  ])("%s", async (_what, define, message) => {
    await expect(provisioning(define)).rejects.toThrow(message);
  });
});
