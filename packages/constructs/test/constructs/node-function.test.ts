import { grantsOf } from "@essentially-once/testing/policies";
import { propertiesOf, resourceOf, templateOf } from "@essentially-once/testing/test-app";
import { Duration } from "aws-cdk-lib";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { describe, expect, test } from "vitest";
import { NodeFunction, type NodeFunctionOptions } from "../../src/constructs/node-function.ts";

const options: NodeFunctionOptions = {
  entry: "orders/place-order.ts",
  functionTimeout: Duration.seconds(5),
  functionMemoryMegabytes: 512,
  logRetention: RetentionDays.ONE_WEEK,
  keepsData: false,
  metricNamespace: "Shop/test",
  rolePath: "/shop/test/",
  environment: { COLOUR: "blue" },
};

function template(changes: Partial<NodeFunctionOptions> = {}) {
  return templateOf((stack) => new NodeFunction(stack, "Place", { ...options, ...changes }));
}

describe("a function", () => {
  const built = template();
  const lambda = propertiesOf(built, "AWS::Lambda::Function");

  test("runs on Node 24 on arm64, within its timeout and memory", () => {
    expect(lambda).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Timeout: 5,
      MemorySize: 512,
    });
    expect(lambda).not.toHaveProperty("FunctionName");
  });

  test("has its environment, stack traces that show the source, and the name under which it counts", () => {
    expect(lambda.Environment).toEqual({
      Variables: {
        NODE_OPTIONS: "--enable-source-maps",
        POWERTOOLS_SERVICE_NAME: "place-order",
        POWERTOOLS_METRICS_NAMESPACE: "Shop/test",
        COLOUR: "blue",
      },
    });
  });

  test("reserves no concurrency: a new account has none to give", () => {
    expect(lambda).not.toHaveProperty("ReservedConcurrentExecutions");
  });

  test("writes to a log group with a retention, without a custom resource", () => {
    expect(propertiesOf(built, "AWS::Logs::LogGroup")).toEqual({ RetentionInDays: 7 });
    expect(lambda.LoggingConfig).toEqual({ LogGroup: { Ref: expect.stringMatching(/^PlaceLogs/) } });
    expect(Object.keys(built.toJSON().Resources).filter((id) => id.includes("LogRetention"))).toEqual([]);
  });

  test("may do nothing but write its own log", () => {
    expect(grantsOf(built, "PlaceRole")).toEqual({
      "PlaceLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
    });
    expect(propertiesOf(built, "AWS::IAM::Role")).not.toHaveProperty("ManagedPolicyArns");
  });
});

test.each([
  [false, "Delete"],
  [true, "RetainExceptOnCreate"],
])("the log outlives the stack: %s", (keepsData, deletionPolicy) => {
  expect(resourceOf(template({ keepsData }), "AWS::Logs::LogGroup").DeletionPolicy).toBe(deletionPolicy);
});

test.each<[Partial<NodeFunctionOptions>, string]>([
  [{ functionTimeout: Duration.minutes(16) }, "functionTimeout must be whole seconds from 1 to 900, got 960"],
  [
    { functionMemoryMegabytes: 127 },
    "functionMemoryMegabytes must be a whole number from 128 to 10240, got 127",
  ],
])("%o is refused at construction", (changes, message) => {
  expect(() => template(changes)).toThrow(message);
});

describe("tracing", () => {
  test("is off unless asked for, and then costs no permission", () => {
    const untraced = propertiesOf(template(), "AWS::Lambda::Function");
    expect(untraced).not.toHaveProperty("TracingConfig");
    expect(untraced.Environment).not.toHaveProperty("Variables.POWERTOOLS_TRACE_ENABLED");
  });

  test("active tells X-Ray, for which IAM knows no resource", () => {
    const traced = template({ tracing: "active" });
    expect(propertiesOf(traced, "AWS::Lambda::Function").TracingConfig).toEqual({ Mode: "Active" });
    expect(grantsOf(traced, "PlaceRole")).toEqual({
      "*": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      "PlaceLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
    });
  });

  test("active has a Tracer loaded, which keeps texts of errors and answers to itself", () => {
    const { Environment } = propertiesOf(template({ tracing: "active" }), "AWS::Lambda::Function");
    expect(Environment).toMatchObject({
      Variables: {
        POWERTOOLS_TRACE_ENABLED: "true",
        POWERTOOLS_TRACER_CAPTURE_ERROR: "false",
        POWERTOOLS_TRACER_CAPTURE_RESPONSE: "false",
        POWERTOOLS_TRACER_CAPTURE_HTTPS_REQUESTS: "false",
      },
    });
  });
});
