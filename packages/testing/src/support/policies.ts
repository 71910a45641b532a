// The permissions of the roles of a template, in a form that a test can compare.
import type { Template } from "aws-cdk-lib/assertions";
import { withoutHash } from "./test-app.ts";

/** Resource (`OrdersTable.Arn`, or the name of an import) → the actions allowed on it, sorted. */
export type Grants = Record<string, string[]>;

/** What the role of a function may do: that whose logical id begins so. */
export function grantsOf(template: Template, roleIdPrefix: string): Grants {
  const grants: Record<string, Set<string>> = {};
  for (const [id, policy] of Object.entries(template.findResources("AWS::IAM::Policy"))) {
    if (!id.startsWith(roleIdPrefix)) continue;
    for (const statement of policy.Properties.PolicyDocument.Statement) {
      if (statement.Effect !== "Allow") continue;
      for (const resource of [statement.Resource].flat()) {
        const name = nameOf(resource);
        const allowed = grants[name] ?? new Set();
        grants[name] = allowed;
        for (const action of [statement.Action].flat()) allowed.add(action);
      }
    }
  }
  return Object.fromEntries(Object.entries(grants).map(([name, actions]) => [name, [...actions].sort()]));
}

function nameOf(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const intrinsic = resource as Record<string, unknown>;
  const getAtt = intrinsic["Fn::GetAtt"];
  if (Array.isArray(getAtt)) return `${withoutHash(getAtt[0])}.${getAtt[1]}`;
  const imported = intrinsic["Fn::ImportValue"];
  if (typeof imported === "string") return imported;
  const [, parts] = (intrinsic["Fn::Join"] ?? []) as [string, unknown[]];
  const text = parts?.filter((part) => typeof part === "string").join("");
  const [, service, , , name] = /^arn::([^:]*):([^:]*):([^:]*):(.*)$/.exec(text ?? "") ?? [];
  return name === undefined ? JSON.stringify(resource) : `${service}:${name}`;
}
