// The customers' credit accounts, opened before the first order, straight in the credit table: opening
// accounts is no part of the flow.

import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { seededRandom } from "@essentially-once/local-cloud/internal/trial/seeded-random";
import { writeItems } from "@essentially-once/messaging/internal/aws/dynamodb-batch";
import { type OrderPlan, totalOf } from "./orders.ts";

export interface Account {
  readonly customerId: string;
  /** cents */
  readonly limit: number;
}

/** This share of the customers may not spend all that they want to. */
const TIGHT_SHARE = 0.2;

/**
 * One account for each customer that is not a stranger. Whoever has an order that the carrier will not take
 * can pay for all of theirs, so that the order comes as far as the carrier.
 */
export function planAccounts(plans: readonly OrderPlan[], seed: number): Account[] {
  const random = seededRandom(seed, "accounts");
  const known = plans.filter(({ poison }) => poison !== "unknown customer");
  const plansByCustomer = Map.groupBy(known, ({ order }) => order.customerId);
  return [...plansByCustomer].map(([customerId, theirs]) => {
    const wanted = theirs.reduce((sum, { order }) => sum + totalOf(order), 0);
    const isTight = random.next() < TIGHT_SHARE && !theirs.some(({ poison }) => poison);
    return { customerId, limit: isTight ? Math.floor(wanted * 0.6) : wanted * 2 };
  });
}

export async function openAccounts(
  dynamodb: DynamoDBClient,
  table: string,
  accounts: readonly Account[],
): Promise<void> {
  const requests = accounts.map(({ customerId, limit }) => ({
    PutRequest: { Item: marshall({ id: customerId, version: 1, limit, available: limit }) },
  }));
  const unwritten = await writeItems(dynamodb, { table, requests });
  if (unwritten.length > 0) throw new Error(`${unwritten.length} accounts could not be opened in ${table}`);
}
