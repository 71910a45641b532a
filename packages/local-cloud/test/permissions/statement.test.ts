// What is read from a policy document, and what is refused because it would not be evaluated as AWS does.

import { describe, expect, test } from "vitest";
import { evaluator } from "../../src/permissions/evaluate.ts";
import { statementsIn } from "../../src/permissions/statement.ts";

const plain = { Effect: "Allow", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:0:q" };

function reading(...statements: object[]) {
  return () => statementsIn({ Version: "2012-10-17", Statement: statements });
}

test("one action and one resource, or several, come in one shape", () => {
  expect(reading(plain, { ...plain, Sid: "No", Effect: "Deny", Action: ["sqs:B", "sqs:C"] })()).toEqual([
    { effect: "Allow", actions: ["sqs:SendMessage"], resources: [plain.Resource] },
    { sid: "No", effect: "Deny", actions: ["sqs:B", "sqs:C"], resources: [plain.Resource] },
  ]);
  expect(statementsIn({ Statement: plain })).toHaveLength(1);
});

test.each([
  ["keys, whatever the condition", ["kms:Decrypt", "kms:GenerateDataKey"], { StringEquals: {} }],
  ["buses", ["events:PutEvents"], undefined],
  ["another function's URL, as CDK grants it", ["lambda:InvokeFunction"], { Bool: {} }],
])("a statement about %s is left out: nobody asks for that here", (_what, Action, Condition) => {
  expect(reading({ ...plain, Action, Condition }, plain)()).toHaveLength(1);
});

test("what AWS does in a role's name is kept", () => {
  expect(reading({ ...plain, Action: ["logs:PutLogEvents", "lambda:InvokeFunction"] })()).toHaveLength(1);
});

test("G7: a condition on the partition key holds for the items that begin so, and for no other", () => {
  const [own] = statementsIn({
    Version: "2012-10-17",
    Statement: {
      ...plain,
      Action: "dynamodb:PutItem",
      Resource: "arn:aws:dynamodb:us-east-1:000000000000:table/Outbox",
      Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["ask#*"] } },
    },
  });
  const evaluate = evaluator(own ? [own] : []);
  const putting = (...leadingKeys: string[]) =>
    evaluate({
      action: "dynamodb:PutItem",
      resource: "arn:aws:dynamodb:us-east-1:000000000000:table/Outbox",
      leadingKeys,
    }).allowed;
  expect([
    putting("ask#1"),
    putting("asked#1"),
    putting("pay#1"),
    putting("ask#1", "pay#1"),
    putting(""),
  ]).toEqual([true, false, false, false, false]);
});

describe("refused by name is", () => {
  const { Action, Resource, ...rest } = plain;
  test.each([
    ["NotAction", { ...rest, NotAction: "sqs:*", Resource }, /Statement\.0.*NotAction/],
    ["NotResource", { ...rest, Action, NotResource: "*" }, /Statement\.0.*NotResource/],
    [
      "a condition",
      { ...plain, Condition: { Bool: { "aws:SecureTransport": "true" } } },
      /Condition: not supported/,
    ],
    [
      "a condition on more than keys",
      { ...plain, Action: ["kms:Decrypt", "sqs:SendMessage"], Condition: {} },
      /Condition: not supported/,
    ],
    [
      "a policy variable",
      { ...plain, Resource: "arn:aws:s3:::b/$" + "{aws:userid}/*" },
      /policy variable in arn:aws:s3/,
    ],
    ["a condition on everything", { ...plain, Action: "*", Condition: {} }, /Condition: not supported/],
    ["another effect", { ...plain, Effect: "allow" }, /Statement\.0\.Effect/],
    ["no action", { ...plain, Action: [] }, /Statement\.0\.Action/],
  ])("%s", (_what, statement, message) => {
    expect(reading(statement)).toThrow(message);
  });

  test("an older version, in which variables are plain text", () => {
    expect(() => statementsIn({ Version: "2008-10-17", Statement: [plain] })).toThrow(/Version/);
  });
});
