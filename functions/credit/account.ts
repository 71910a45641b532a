// A customer's credit. Pure. Always: `limit` = `available` + the total of approved orders.
import type { Versioned } from "@essentially-once/messaging/versioned-table";

/** `id` is the customer's. */
export interface Account extends Versioned {
  /** Cents. */
  readonly limit: number;
  /** Cents. */
  readonly available: number;
}

/** The account without the amount, or undefined when its credit does not cover it. */
export function reserve(account: Account, amount: number): Account | undefined {
  return account.available >= amount ? { ...account, available: account.available - amount } : undefined;
}
