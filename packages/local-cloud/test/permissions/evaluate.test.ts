// What a role may do: for policies and requests of all shapes, against a second, slower way to find the answer.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluator, grantsOf } from "../../src/permissions/evaluate.ts";
import type { Statement } from "../../src/permissions/statement.ts";

const table = "arn:aws:dynamodb:us-east-1:000000000000:table/Orders";

function allow(actions: string[], resources: string[]): Statement {
  return { effect: "Allow", actions, resources };
}

function may(statements: readonly Statement[], action: string, resource = table): boolean {
  return evaluator(statements)({ action, resource }).allowed;
}

const symbols = fc.constantFrom("a", "b", "/", ".", "+", "(");
const text = fc.array(symbols, { maxLength: 8 }).map((parts) => parts.join(""));
const pattern = fc
  .array(fc.oneof(symbols, fc.constantFrom("*", "?")), { maxLength: 8 })
  .map((parts) => parts.join(""));

describe("a wildcard", () => {
  test("matches what a character-by-character reader matches", () => {
    fc.assert(
      fc.property(pattern, text, (last, name) => {
        const statements = [allow(["dynamodb:GetItem"], [`arn:aws:dynamodb:r:1:${last}`])];
        expect(may(statements, "dynamodb:GetItem", `arn:aws:dynamodb:r:1:${name}`)).toBe(reads(last, name));
      }),
      { numRuns: 2_000 },
    );
  });

  test("in an action matches in any case, and nothing of another service", () => {
    expect(may([allow(["DynamoDB:put*"], ["*"])], "dynamodb:PutItem")).toBe(true);
    expect(may([allow(["dynamodb:?etItem"], ["*"])], "dynamodb:GetItem")).toBe(true);
    expect(may([allow(["dynamodb:*"], ["*"])], "sqs:SendMessage")).toBe(false);
    expect(may([allow(["*"], ["*"])], "sqs:SendMessage")).toBe(true);
  });

  test("in a resource is held to its field of the ARN, and to the case", () => {
    expect(may([allow(["*"], ["arn:aws:*:table/Orders"])], "dynamodb:GetItem")).toBe(false);
    expect(may([allow(["*"], ["arn:aws:dynamodb:*:*:table/Orders"])], "dynamodb:GetItem")).toBe(true);
    expect(may([allow(["*"], ["arn:aws:dynamodb"])], "dynamodb:GetItem")).toBe(true); // the rest is anything
    expect(may([allow(["*"], [table.toLowerCase()])], "dynamodb:GetItem")).toBe(false);
  });

  test("is needed for what is below a table or in a bucket", () => {
    expect(may([allow(["dynamodb:Query"], [table])], "dynamodb:Query", `${table}/index/byDay`)).toBe(false);
    expect(
      may([allow(["dynamodb:Query"], [`${table}/index/*`])], "dynamodb:Query", `${table}/index/byDay`),
    ).toBe(true);
    expect(
      may([allow(["s3:GetObject"], ["arn:aws:s3:::b/claims/*"])], "s3:GetObject", "arn:aws:s3:::b/kept/x"),
    ).toBe(false);
  });
});

const actions = fc.subarray(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:*", "sqs:*"], {
  minLength: 1,
});
const resources = fc.subarray([table, "*", "arn:aws:sqs:us-east-1:0:q"], { minLength: 1 });
const policy = fc.array(
  fc.record({ effect: fc.constantFrom("Allow" as const, "Deny" as const), actions, resources }),
  { maxLength: 6 },
);
const action = fc.constantFrom("dynamodb:GetItem", "dynamodb:PutItem", "sqs:SendMessage");

describe("a decision", () => {
  test("is to deny whenever a Deny matches, wherever it stands", () => {
    fc.assert(
      fc.property(policy, action, fc.nat(), (statements, wanted, at) => {
        const deny: Statement = { effect: "Deny", actions: [wanted], resources: ["*"], sid: "No" };
        expect(
          evaluator([...statements.slice(0, at % 7), deny, ...statements.slice(at % 7)])({
            action: wanted,
            resource: table,
          }),
        ).toMatchObject({ allowed: false, deniedBy: { effect: "Deny" } });
      }),
    );
  });

  test("is to deny what no statement allows, and names no statement then", () => {
    fc.assert(
      fc.property(policy, (statements) => {
        const denying = statements.filter(({ effect }) => effect === "Deny");
        const decision = evaluator(denying)({ action: "lambda:InvokeFunction", resource: table });
        expect(decision).toEqual({ allowed: false });
      }),
    );
  });

  test("does not depend on the order of the statements", () => {
    fc.assert(
      fc.property(policy, action, (statements, wanted) => {
        expect(may(statements.toReversed(), wanted)).toBe(may(statements, wanted));
      }),
    );
  });

  test("to allow names a grant of the policy, which alone would allow it too", () => {
    fc.assert(
      fc.property(policy, action, (statements, wanted) => {
        const decision = evaluator(statements)({ action: wanted, resource: table });
        if (!decision.allowed) return;
        for (const grant of decision.by) {
          expect(grantsOf(statements)).toContainEqual(grant);
          expect(may([allow([grant.action], [grant.resource])], wanted)).toBe(true);
        }
      }),
    );
  });
});

/** The same language, read one character at a time. */
function reads(expression: string, name: string): boolean {
  if (expression === "") return name === "";
  if (expression[0] === "*")
    return reads(expression.slice(1), name) || (name !== "" && reads(expression, name.slice(1)));
  return (
    name !== "" &&
    (expression[0] === "?" || expression[0] === name[0]) &&
    reads(expression.slice(1), name.slice(1))
  );
}
