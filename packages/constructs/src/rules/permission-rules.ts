// The permissions of roles: named actions on named resources.
import { type Statement, statementsOf } from "./policies.ts";
import { relaysOf } from "./registrations.ts";
import { type Finding, finding, type Rule } from "./rule.ts";
import type { Resource } from "./templates.ts";
import { at, queuesByPrefix } from "./wiring.ts";

/** Actions that know no resource, each with the reason. IAM takes only "*" for them. */
const unavoidable: ReadonlyMap<string, string> = new Map([
  ["xray:PutTraceSegments", "a trace is no resource"],
  ["xray:PutTelemetryRecords", "neither is what X-Ray counts"],
  ["secretsmanager:GetRandomPassword", "it reads no secret; rotation makes keys with it"],
]);

/** Keys of a bucket's objects are made at run time: `‹Bucket›/*` is as narrow as it gets. */
const objectActions = /^s3:(Get|Put|Delete|Abort)[A-Za-z]*(Object|MultipartUpload)[A-Za-z]*$/;
const objectsOfOneBucket = /^(‹[^›]+›|arn:[^:]*:s3:::\/[\w/-]+\/foundation\/claims-bucket)\/[^*?]*\*$/;

/** What CDK's own grants of a table with indexes name: they are parts of the one table. */
const indexesOfOneTable = /^‹[^›]+›\/index\/\*$/;

export const permissionRules: readonly Rule[] = [
  {
    id: "no-action-wildcard",
    demand: "a role must list its actions one by one: a wildcard grows with every AWS release",
    check: (templates) =>
      allowed(statementsOf(templates)).flatMap((statement) =>
        statement.inverted ||
        statement.actions.length === 0 ||
        statement.actions.some((action) => /[*?]/.test(action))
          ? [
              named(
                statement,
                statement.inverted ? "everything but what is listed" : statement.actions,
                "name each action",
              ),
            ]
          : [],
      ),
  },
  {
    id: "no-resource-wildcard",
    demand: "a role must be limited to its own resources",
    check: (templates) => {
      const relayRoles = new Set(relaysOf(templates).map((each) => templates.referredTo(at(each, "Role"))));
      return allowed(statementsOf(templates)).flatMap((statement) =>
        statement.resources
          .filter((resource) => /[*?]/.test(JSON.stringify(resource)))
          .filter((resource) => !isUnavoidable(statement, resource, relayRoles))
          .map((resource) =>
            named(statement, resource, `name the resource of ${statement.actions.join(", ")}`),
          ),
      );
    },
  },
  {
    id: "no-managed-policy",
    demand: "AWS managed policies allow their actions on every resource of the account",
    check: (templates) =>
      templates
        .ofType("AWS::IAM::Role")
        .filter((role) => {
          const policies = at(role, "ManagedPolicyArns");
          return Array.isArray(policies) && policies.some((policy) => !templates.referredTo(policy));
        })
        .map((role) => finding(role, "ManagedPolicyArns", "grant the actions one by one")),
  },
];

function allowed(statements: readonly Statement[]): Statement[] {
  return statements.filter(({ effect }) => effect !== "Deny"); // an effect that only the deployment knows may be "Allow"
}

function isUnavoidable(
  { actions, roles }: Statement,
  resource: unknown,
  relayRoles: ReadonlySet<Resource | undefined>,
): boolean {
  if (resource === "*") return actions.every((action) => unavoidable.has(action));
  if (actions.every((action) => action === "sqs:SendMessage") && queuesByPrefix.test(String(resource))) {
    return roles.every((role) => role === undefined || relayRoles.has(role));
  }
  if (indexesOfOneTable.test(String(resource)))
    return actions.every((action) => action.startsWith("dynamodb:"));
  return (
    typeof resource === "string" &&
    objectsOfOneBucket.test(resource) &&
    actions.every((action) => objectActions.test(action))
  );
}

function named({ holder, property }: Statement, value: unknown, remedy: string): Finding {
  return { resource: holder, property, value, remedy };
}
