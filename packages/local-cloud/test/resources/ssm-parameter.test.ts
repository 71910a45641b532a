// Parameters of Parameter Store: in templates of this and other stacks, in texts, and as a function reads them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { aRecorder } from "@essentially-once/testing/internal/support/local-function";
import { localEngines } from "@essentially-once/testing/local-engines";
import { aFunction, synthesized, temporaryDirectory } from "@essentially-once/testing/synthesized";
import { CfnOutput, Stack } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { StringListParameter, StringParameter } from "aws-cdk-lib/aws-ssm";
import { expect, onTestFinished, test } from "vitest";
import { startLocalCloud } from "../../src/cloud.ts";
import { provision } from "../../src/provision/provision.ts";

const engines = localEngines();

/** Reads a parameter as the SDK does. */
const HANDLER = `export const handler = async ({ Name }) => {
  const { AWS_ENDPOINT_URL_SSM: url, AWS_ACCESS_KEY_ID: key } = process.env;
  if (!Name) return { LIMIT: process.env.LIMIT, TEXT: process.env.TEXT };
  const scope = key + "/20260101/us-east-1/ssm/aws4_request";
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "AmazonSSM.GetParameter",
      authorization: "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ Name }),
  });
  return response.json();
};`;

test("a parameter is what templates and functions read", async () => {
  const directory = temporaryDirectory("bundle");
  writeFileSync(join(directory, "index.mjs"), HANDLER);
  const assemblyDirectory = synthesized((app) => {
    const settings = new Stack(app, "Settings", { stackName: "Settings-test" });
    const limit = new StringParameter(settings, "Limit", {
      parameterName: "/shop/limit",
      stringValue: "500",
    });
    new StringListParameter(settings, "Zones", { parameterName: "/shop/zones", stringListValue: ["a", "b"] });
    const shop = new Stack(app, "Shop", { stackName: "Shop-test" });
    const fn = aFunction(shop, "Reader", {
      code: Code.fromAsset(directory),
      environment: {
        LIMIT: StringParameter.valueForStringParameter(shop, "/shop/limit"),
        TEXT: "at most {{resolve:ssm:/shop/limit:1}} here",
      },
    });
    limit.grantRead(fn);
    new CfnOutput(shop, "Limit", { value: StringParameter.valueForStringParameter(shop, "/shop/limit") });
    shop.addStackDependency(settings);
  });
  const recorder = aRecorder();
  const cloud = await startLocalCloud({ assemblyDirectory, onEvent: recorder.onEvent });
  onTestFinished(cloud.stop);
  expect(cloud.output("Limit")).toBe("500");
  const read = async (event: object) => (await cloud.invoke("Shop/Reader", event)).response;
  expect(await read({})).toEqual({ LIMIT: "500", TEXT: "at most 500 here" });
  expect(await read({ Name: "/shop/limit" })).toMatchObject({
    Parameter: { Name: "/shop/limit", Type: "String", Value: "500" },
  });
  expect(recorder.of("denial")).toEqual([]);
  expect(await read({ Name: "/shop/zones" })).toMatchObject({
    __type: expect.stringContaining("AccessDenied"),
  });
  expect(recorder.of("denial").map(({ line }) => line)).toEqual([
    expect.stringContaining(
      "Shop/Reader may not ssm:GetParameter on arn:aws:ssm:us-east-1:000000000000:parameter/shop/zones",
    ),
  ]);
});

test("a parameter that no stack of the app makes is refused by name", async () => {
  const assemblyDirectory = synthesized((app) => {
    const shop = new Stack(app, "Shop", { stackName: "Shop-test" });
    aFunction(shop, "Reader", {
      environment: { VPC: StringParameter.valueForStringParameter(shop, "/platform/vpc") },
    });
  });
  const { clients, endpoints } = engines;
  const provisioned = provision({
    assemblyDirectory,
    clients,
    endpoints,
    functionUrlFor: () => "http://127.0.0.1/x/",
  });
  await expect(provisioned).rejects.toThrow("no stack of this app defines the parameter /platform/vpc (SSM)");
});
