// Checks the permissions of AWS's own services: Lambda receives from a queue by the function's role, a schedule invokes its
// target. On AWS a mapping is not created when its role lacks a permission, and a rule without permission does nothing; here
// neither starts.

import { LOCAL_ACCOUNT } from "../model/clients.ts";
import type { LocalRole } from "../model/model.ts";
import { NotPermitted } from "../model/not-permitted.ts";
import { NotUnderstood } from "../model/not-understood.ts";
import { type Access, evaluator, resourceMatcher } from "./evaluate.ts";

export type RequiredPermission = RequiredOfRole | RequiredOfService;

interface RequiredAccess {
  /** Construct path of what would not work. */
  readonly path: string;
  readonly what: string;
  /** Who does it: `lambda.amazonaws.com`. */
  readonly service: string;
  readonly accesses: readonly Access[];
}

/** Done by a role, which must let the service act by it. */
interface RequiredOfRole extends RequiredAccess {
  readonly roleArn: string;
}

/** Done by the service itself, which the function must have invited. */
interface RequiredOfService extends RequiredAccess {
  /** ARN of the resource in whose name it comes. */
  readonly source: string;
}

/** An AWS::Lambda::Permission. */
export interface ResourcePermission {
  readonly principal: string;
  readonly action: string;
  readonly functionArn: string;
  readonly sourceArn?: string;
  readonly sourceAccount?: string;
}

/** Throws `NotPermitted` with everything that would be denied, and `NotUnderstood` for a role of another app. */
export function requirePermitted(
  requiredPermissions: readonly RequiredPermission[],
  {
    roles,
    resourcePermissions,
  }: { readonly roles: readonly LocalRole[]; readonly resourcePermissions: readonly ResourcePermission[] },
): void {
  const byArn = new Map(roles.map((role) => [role.arn, role]));
  const denials = requiredPermissions.flatMap((required) =>
    "roleArn" in required
      ? deniedToRole(required, byArn.get(required.roleArn))
      : deniedToService(required, resourcePermissions),
  );
  if (denials.length > 0) {
    throw new NotPermitted(`AWS would deny this:\n${denials.map((denial) => `  - ${denial}`).join("\n")}`);
  }
}

function deniedToRole(
  { path, what, service, roleArn, accesses }: RequiredOfRole,
  role: LocalRole | undefined,
): string[] {
  if (!role) throw new NotUnderstood(`${path}: its role must be one of this app, got ${roleArn}`);
  const evaluate = evaluator(role.statements);
  const missing = accesses.filter((access) => !evaluate(access).allowed);
  return [
    ...(role.assumedBy.includes(service) ? [] : [`${path}: ${service} may not assume the role ${role.path}`]),
    ...missing.map(
      ({ action, resource }) =>
        `${path}: ${what}, for which the role ${role.path} needs ${action} on ${resource}`,
    ),
  ];
}

function deniedToService(
  { path, what, service, source, accesses }: RequiredOfService,
  resourcePermissions: readonly ResourcePermission[],
) {
  return accesses
    .filter(({ action, resource }) => {
      const isInvited = evaluator(
        resourcePermissions
          .filter(({ principal }) => principal === service)
          .filter(({ sourceArn }) => sourceArn === undefined || resourceMatcher(sourceArn)(source))
          .filter(({ sourceAccount = LOCAL_ACCOUNT }) => sourceAccount === LOCAL_ACCOUNT)
          .map((one) => ({ effect: "Allow", actions: [one.action], resources: [one.functionArn] })),
      );
      return !isInvited({ action, resource }).allowed;
    })
    .map(
      ({ action, resource }) =>
        `${path}: ${what}, for which ${resource} needs a permission (AWS::Lambda::Permission) of ${action} for ${service}`,
    );
}
