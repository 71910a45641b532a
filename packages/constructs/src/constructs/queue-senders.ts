// Limits who may send to a queue: its policy denies every other principal, whatever its own policies allow. So the role of
// another function can neither fill a queue, hold a FIFO group nor plant a dead letter.
//
//   A policy names the relay by the path of its roles. The relay's stack comes after the services' stacks, so its roles
//   cannot be referred to from there.
import { Stack } from "aws-cdk-lib";
import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";

/** The folder of a role below the stage's own. */
export type RoleFolder = "relay" | "service";

export function pathOfRoles({ rolePath }: Pick<Sizes, "rolePath">, folder: RoleFolder): string {
  return `${rolePath}${folder}/`;
}

/** The ARNs of the relay's roles, as a pattern. */
export function relayRoles(scope: Construct, sizes: Pick<Sizes, "rolePath">): string {
  return rolesBelow(scope, pathOfRoles(sizes, "relay"));
}

/**
 * Denies `sqs:SendMessage` to all principals but `senders` and the operators. Without named operators, or without senders,
 * it denies it only to other functions of this app: a policy must not lock out an operator that the settings do not name.
 *
 * A move to the dead-letter queue is SQS's own work, and `StartMessageMoveTask` sends in its caller's name.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
export function denyOtherSenders(
  queue: IQueue,
  {
    senders,
    sizes,
  }: { senders: readonly string[] | undefined; sizes: Pick<Sizes, "rolePath" | "operators"> },
): void {
  const { rolePath, operators } = sizes;
  const named = [...(senders ?? []), ...(operators ?? [])];
  const isClosed = senders !== undefined && operators !== undefined;
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: "OtherSenders",
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ["sqs:SendMessage"],
      resources: [queue.queueArn],
      conditions: {
        ...(named.length > 0 && { ArnNotLike: { "aws:PrincipalArn": named } }),
        ...(isClosed
          ? { BoolIfExists: { "aws:PrincipalIsAWSService": "false" } } // a service has no role, so no ARN to be named by
          : { ArnLike: { "aws:PrincipalArn": rolesBelow(queue, rolePath) } }),
      },
    }),
  );
}

export function rolesBelow(scope: Construct, path: string): string {
  return Stack.of(scope).formatArn({
    service: "iam",
    region: "",
    resource: "role",
    resourceName: `${path.slice(1)}*`,
  });
}
