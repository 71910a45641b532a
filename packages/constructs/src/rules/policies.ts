// Statements of policies in one shape, whichever resource and spelling they come in.
import type { Resource, Templates } from "./templates.ts";
import { at } from "./wiring.ts";

export interface Statement {
  /** The resource that holds the policy. */
  readonly holder: Resource;
  /** Below the holder's `Properties`. */
  readonly property: string;
  /** Who it is attached to, for policies of roles. */
  readonly roles: readonly (Resource | undefined)[];
  readonly effect: unknown;
  readonly principal: unknown;
  readonly condition: unknown;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  /** `NotAction`, `NotResource`, `NotPrincipal`: everything but what is listed. */
  readonly inverted: boolean;
}

/** What roles may do. */
export function statementsOf(templates: Templates): readonly Statement[] {
  return templates.derived(roleStatements);
}

function roleStatements(templates: Templates): readonly Statement[] {
  const attached = templates
    .ofType("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
    .flatMap((policy) => {
      const roles = [at(policy, "Roles"), at(policy, "RoleName")].flat();
      return documentStatements(
        policy,
        "PolicyDocument",
        roles.map((role) => templates.referredTo(role)),
      );
    });
  const inline = templates.ofType("AWS::IAM::Role").flatMap((role) => {
    const policies = at(role, "Policies");
    return Array.isArray(policies)
      ? policies.flatMap((_, index) => documentStatements(role, `Policies.${index}.PolicyDocument`, [role]))
      : [];
  });
  return [...attached, ...inline];
}

/** What a resource's own policy says, whichever resource that is. */
export function documentStatements(
  holder: Resource,
  property: string,
  roles: readonly (Resource | undefined)[] = [],
): Statement[] {
  return [at(holder, `${property}.Statement`)]
    .flat()
    .filter(
      (statement): statement is Record<string, unknown> =>
        typeof statement === "object" && statement !== null,
    )
    .map((statement) => {
      const { Effect, Principal, Condition, Action = [], Resource = [] } = statement;
      const inverted = ["NotAction", "NotResource", "NotPrincipal"].some((key) => key in statement);
      return {
        holder,
        property,
        roles,
        effect: Effect,
        principal: Principal,
        condition: Condition,
        actions: [Action].flat().map(String),
        resources: [Resource].flat(),
        inverted,
      };
    });
}
