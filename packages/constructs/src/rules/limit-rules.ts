// Rates and breakers: a consumer may update the items of its limits and no others, and gets its messages without delay.
//
//   G13. A role reaches the limits that its function names. A message that is late loses its token.
import { idsOf, limitsVariable } from "../constructs/limits.ts";
import { type Statement, statementsOf } from "./policies.ts";
import { finding, type Rule } from "./rule.ts";
import type { Resource, Templates } from "./templates.ts";
import { at, mappingsOf, numberAt, variableOf } from "./wiring.ts";

const path = `Environment.Variables.${limitsVariable}`;

export const limitRules: readonly Rule[] = [
  {
    id: "limits-granted",
    demand: "without permission for the items of its limits, every message waits until it is parked",
    check: (templates) =>
      limited(templates).flatMap((each) => {
        const missing = limitsOf(each).filter(
          (limit) => !updates(templates, each).some((statement) => reaches(statement, limit)),
        );
        const remedy = `limits: ${JSON.stringify(limitsOf(each))} where its stack adds the consumer`;
        return missing.length === 0 ? [] : [finding(each, path, remedy)];
      }),
  },
  {
    id: "limits-own",
    demand: "with a stolen role, an attacker can stop consumers or exceed rates by limits of others",
    check: (templates) =>
      statementsOf(templates).flatMap((statement) => {
        const { holder, property, roles } = statement;
        const own = templates
          .ofType("AWS::Lambda::Function")
          .filter((each) => roles.includes(templates.referredTo(at(each, "Role"))))
          .flatMap((each) => limitsOf(each).map((limit) => `${idsOf(limit)}*`));
        return leadingKeysOf(statement)
          .filter((key) => key.startsWith("limit#") && !own.includes(key))
          .map((value) => ({
            resource: holder,
            property,
            value,
            remedy: `only ${own.join(", ") || "its own items"}`,
          }));
      }),
  },
  {
    id: "limits-window",
    demand: "a mapping that waits for a batch to fill delivers messages after their tokens have expired",
    check: (templates) =>
      mappingsOf(templates).queues.flatMap(({ mapping, function: consumer }) =>
        consumer === undefined ||
        limitsOf(consumer).length === 0 ||
        numberAt(mapping, "MaximumBatchingWindowInSeconds", 0) === 0
          ? []
          : [finding(mapping, "MaximumBatchingWindowInSeconds", "0 for a consumer with limits")],
      ),
  },
];

function limited(templates: Templates): Resource[] {
  return templates.ofType("AWS::Lambda::Function").filter((each) => limitsOf(each).length > 0);
}

function limitsOf(each: Resource): string[] {
  const limits = variableOf(each, limitsVariable);
  return typeof limits === "string" && limits !== "" ? limits.split(",") : [];
}

function statementsFor(templates: Templates, each: Resource): Statement[] {
  const role = templates.referredTo(at(each, "Role"));
  return statementsOf(templates).filter(
    ({ effect, roles }) => effect === "Allow" && role !== undefined && roles.includes(role),
  );
}

/** Of the table that has the limits. */
function updates(templates: Templates, each: Resource): Statement[] {
  const evidence = templates.referredTo(variableOf(each, "EVIDENCE_TABLE"));
  return statementsFor(templates, each).filter(
    ({ actions, resources }) =>
      actions.includes("dynamodb:UpdateItem") &&
      evidence !== undefined &&
      resources.some((one) => templates.referredTo(one) === evidence),
  );
}

function reaches(statement: Statement, limit: string): boolean {
  return statement.condition === undefined || leadingKeysOf(statement).includes(`${idsOf(limit)}*`);
}

function leadingKeysOf({ condition }: Statement): string[] {
  return Object.values(Object(condition))
    .flatMap((tested) => [(tested as Record<string, unknown>)["dynamodb:LeadingKeys"] ?? []].flat())
    .map(String);
}
