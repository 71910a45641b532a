// The item of a lease as it is stored, for its owners (lease.ts) and for evidence as rows, which may find one in its place.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { nowMs } from "../core/clock.ts";
import type { Write } from "./unit-of-work.ts";

/**
 * For a consumer that changed its mode and finds a lease where it looks for evidence: an unsettled lease says nothing
 * of an effect. Undefined when it is settled. A write on `condition` replaces the lease, so its owner cannot settle it.
 */
export function unsettledLease(
  attributes: Readonly<Record<string, AttributeValue>>,
): { readonly waitMs: number; readonly condition: Condition } | undefined {
  const found = readItem(attributes);
  if (found.state === "settled") return undefined;
  return {
    waitMs: found.state === "free" ? 0 : found.untilMs + leaseGraceMs - nowMs(),
    condition: unchanged(found),
  };
}

/** Evidence of `rows` has no state: a consumer that changed its mode finds its old messages settled. */
export function readItem(attributes: Readonly<Record<string, AttributeValue>>): Item {
  const { state = "settled", owner = "", fence = 0, untilMs = 0, ...rest } = unmarshall({ ...attributes });
  return { ...rest, state, owner, fence, untilMs };
}

/** The lease was not acquired, freed or settled since: the fence grows with each owner, and an owner changes the state once. */
export function unchanged({ owner, fence, state }: Item): Condition {
  return {
    ConditionExpression: "#owner = :owner AND #fence = :fence AND #state = :state",
    ExpressionAttributeNames: { "#owner": "owner", "#fence": "fence", "#state": "state" },
    ExpressionAttributeValues: marshall({ ":owner": owner, ":fence": fence, ":state": state }),
  };
}

export interface Item extends Record<string, unknown> {
  readonly state: "claimed" | "free" | "settled";
  readonly owner: string;
  readonly fence: number;
  readonly untilMs: number;
}

export type Condition = Pick<
  NonNullable<Write["Put"]>,
  "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

/** How long a lease on a message is respected after its invocation must have ended: clocks disagree. */
export const leaseGraceMs = 2_000;
