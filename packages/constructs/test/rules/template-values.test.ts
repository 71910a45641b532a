import { expect, test } from "vitest";
import {
  asResourceToken,
  resolveValue,
  resourceToken,
  type ValueScope,
} from "../../src/rules/template-values.ts";

const scope: ValueScope = {
  stack: "Shop",
  hasResource: (logicalId) => logicalId === "Queue",
  parameter: (name) => ({ "AWS::Region": "{Region}", Stage: "prod", Unset: undefined })[name],
  exported: (name) => (name === "Foundation:Outbox" ? "‹Foundation|Outbox|Arn›" : undefined),
  output: (stack, key) => (stack === "Foundation" && key === "Table" ? "‹Foundation|Table›" : undefined),
};

test.each([
  ["a plain value", 5, 5],
  ["a list", [1, { Ref: "Stage" }], [1, "prod"]],
  ["an object", { Timeout: { Ref: "Stage" } }, { Timeout: "prod" }],
  ["a resource", { Ref: "Queue" }, "‹Shop|Queue›"],
  ["an attribute", { "Fn::GetAtt": ["Queue", "Arn"] }, "‹Shop|Queue|Arn›"],
  ["an attribute, as text", { "Fn::GetAtt": "Queue.Arn" }, "‹Shop|Queue|Arn›"],
  ["a joined text", { "Fn::Join": [":", ["arn", { Ref: "AWS::Region" }]] }, "arn:{Region}"],
  ["a split text", { "Fn::Select": [1, { "Fn::Split": ["-", "a-b"] }] }, "b"],
  [
    "a substituted text",
    { "Fn::Sub": `\${Queue}/\${Queue.Arn}/\${!kept}/\${Stage}` },
    `‹Shop|Queue›/‹Shop|Queue|Arn›/\${kept}/prod`,
  ],
  ["a substituted text with its own names", { "Fn::Sub": [`\${name}`, { name: { Ref: "Stage" } }] }, "prod"],
  ["what another stack exports", { "Fn::ImportValue": "Foundation:Outbox" }, "‹Foundation|Outbox|Arn›"],
  [
    "an export with a composed name",
    { "Fn::ImportValue": { "Fn::Join": [":", ["Foundation", "Outbox"]] } },
    "‹Foundation|Outbox|Arn›",
  ],
  [
    "an output of another stack",
    { "Fn::GetStackOutput": { StackName: "Foundation", OutputName: "Table" } },
    "‹Foundation|Table›",
  ],
  ["a member without a value", { Kept: 1, Gone: { Ref: "AWS::NoValue" } }, { Kept: 1 }],
])("%s is known", (_, value, known) => {
  expect(resolveValue(value, scope)).toEqual(known);
});

test.each([
  ["a parameter without a default", { Ref: "Unset" }],
  ["a choice of the deployment", { "Fn::If": ["IsProd", 30, 60] }],
  ["a text with an unknown part", { "Fn::Join": ["", ["a", { Ref: "Unset" }]] }],
  ["an export of nobody", { "Fn::ImportValue": "Nobody" }],
])("%s stays what it is", (_, value) => {
  expect(resolveValue(value, scope)).toEqual(value);
});

test("a token says which resource it means, and no other text does", () => {
  expect(asResourceToken(resourceToken("Shop", "Queue", "Arn"))).toEqual({
    stack: "Shop",
    logicalId: "Queue",
  });
  expect(asResourceToken("‹Shop|Queue›/x")).toBeUndefined();
  expect(asResourceToken({ Ref: "Queue" })).toBeUndefined();
});
