// The grants of a consumer with a rate or a breaker: it may update the items of its own limits, and of no others.
//
//   G13. Consumers of a service that name the same limit share it.
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { ServiceTable } from "./service-table.ts";

/** What the handler's `rate({ key })` and `breaker({ key })` are held against when it starts. */
export const limitsVariable = "LIMITS";

export interface LimitsOptions {
  /** As `rate()` and `breaker()` name them: `["carrier"]`. */
  readonly limits: readonly string[];
  /** Where their items are. */
  readonly evidence: ServiceTable;
}

/** @throws Error when a name is none, or is there twice */
export function useLimits(user: LambdaFunction, { limits, evidence }: LimitsOptions): void {
  for (const [index, limit] of limits.entries()) {
    if (!/^[a-z][a-z\d-]{0,62}$/.test(limit) || limits.indexOf(limit) !== index) {
      throw new Error(
        `${user.node.path}: limits must be different names such as "carrier" (a-z, 0-9 and hyphens, 63 characters at most), got ${JSON.stringify(limits)}`,
      );
    }
    evidence.grantOwn(user, idsOf(limit), "dynamodb:UpdateItem");
  }
  if (limits.length > 0) user.addEnvironment(limitsVariable, limits.join(","));
}

/** What the ids of a limit's items begin with. */
export function idsOf(limit: string): string {
  return `limit#${limit}#`;
}
