// Every intrinsic function that CDK emits, on plain values; provision.test.ts has them in whole apps.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of Fn::Sub

import { expect, test } from "vitest";
import type { Template } from "../src/model/assembly.ts";
import { resolve } from "../src/model/intrinsics.ts";
import { templateScope } from "../src/model/template-scope.ts";

const template: Template = {
  Parameters: {
    Size: { Type: "Number", Default: 3 },
    Zones: { Type: "CommaDelimitedList", Default: "a,b" },
    BootstrapVersion: { Type: "AWS::SSM::Parameter::Value<String>", Default: "/cdk-bootstrap/version" },
    Secret: { Type: "String" },
  },
  Mappings: { Memory: { dev: { small: 128 } } },
  Conditions: {
    IsLocal: { "Fn::Equals": [{ Ref: "AWS::AccountId" }, "000000000000"] },
    IsChina: { "Fn::Equals": [{ Ref: "AWS::Partition" }, "aws-cn"] },
    Neither: { "Fn::Not": [{ "Fn::Or": [{ Condition: "IsLocal" }, { Condition: "IsChina" }] }] },
    Both: { "Fn::And": [{ Condition: "IsLocal" }, { "Fn::Not": [{ Condition: "IsChina" }] }] },
  },
};

const scope = templateScope(
  { name: "Shop", template },
  {
    resource: async (logicalId) => `the-${logicalId}`,
    attribute: async (logicalId, attribute) => `${attribute} of ${logicalId}`,
    ssmParameter: async (name) => `value of ${name}`,
    exported: async (exportName) => `import of ${exportName}`,
    output: async (stackName, outputKey) => `${outputKey} of ${stackName}`,
  },
);

test.each([
  [{ Ref: "Queue" }, "the-Queue"],
  [{ Ref: "Size" }, 3],
  [{ Ref: "BootstrapVersion" }, "value of /cdk-bootstrap/version"],
  [{ Ref: "Zones" }, ["a", "b"]],
  [{ Ref: "AWS::Region" }, "us-east-1"],
  [{ Ref: "AWS::AccountId" }, "000000000000"],
  [{ Ref: "AWS::Partition" }, "aws"],
  [{ Ref: "AWS::URLSuffix" }, "amazonaws.com"],
  [{ Ref: "AWS::StackName" }, "Shop"],
  [{ Ref: "AWS::StackId" }, "arn:aws:cloudformation:us-east-1:000000000000:stack/Shop/local"],
  [{ "Fn::GetAtt": ["Queue", "Arn"] }, "Arn of Queue"],
  [{ "Fn::GetAtt": "Queue.Arn" }, "Arn of Queue"],
  [{ "Fn::Join": ["-", ["a", { Ref: "Queue" }, 1]] }, "a-the-Queue-1"],
  [
    { "Fn::Sub": "${AWS::Region}/${Queue}/${Queue.Arn}/${!Literal}" },
    "us-east-1/the-Queue/Arn of Queue/${Literal}",
  ],
  [{ "Fn::Sub": ["${Name}!", { Name: { Ref: "Queue" } }] }, "the-Queue!"],
  [{ "Fn::Select": [1, ["a", { Ref: "Queue" }]] }, "the-Queue"],
  [{ "Fn::Select": ["0", { "Fn::Split": ["/", "a/b"] }] }, "a"],
  [{ "Fn::ImportValue": { "Fn::Sub": "${AWS::StackName}:Arn" } }, "import of Shop:Arn"],
  [{ "Fn::GetStackOutput": { StackName: "Other", OutputName: "Arn" } }, "Arn of Other"],
  [{ "Fn::If": ["IsLocal", { Ref: "Queue" }, { Ref: "Secret" }] }, "the-Queue"],
  [{ "Fn::If": ["IsChina", "china", "elsewhere"] }, "elsewhere"],
  [{ "Fn::If": ["Neither", 1, 2] }, 2],
  [{ "Fn::If": ["Both", 1, 2] }, 1],
  [{ "Fn::Base64": "text" }, "dGV4dA=="],
  [{ "Fn::FindInMap": ["Memory", "dev", "small"] }, 128],
  [{ a: [{ Ref: "AWS::NoValue" }, 1], b: { Ref: "AWS::NoValue" } }, { a: [1] }],
  [{ constructor: "a plain key" }, { constructor: "a plain key" }],
  [{ Condition: { StringEquals: { a: "b" } } }, { Condition: { StringEquals: { a: "b" } } }],
])("%j is %j", async (value, expected) => {
  expect(await resolve(value, scope)).toEqual(expected);
});

test.each([
  [{ "Fn::Cidr": ["10.0.0.0/16", 1] }, "Fn::Cidr is not supported; supported are: Ref"],
  [{ "Fn::Select": [2, ["a"]] }, 'Fn::Select cannot be applied to [2,["a"]]'],
  [{ "Fn::Join": "a" }, 'Fn::Join cannot be applied to "a"'],
  [{ Ref: "Secret" }, "parameter Secret has no default"],
  [{ "Fn::If": ["Unheard", 1, 2] }, "condition Unheard is not defined in stack Shop"],
  [{ "Fn::FindInMap": ["Memory", "prod", "small"] }, "mapping Memory.prod.small is not defined"],
])("%j is refused: %s", async (value, reason) => {
  await expect(resolve(value, scope)).rejects.toThrow(reason);
});
