// A customer's credit. Pure. `limit = available + what approved orders hold`, always.
import type { Versioned } from "@essentially-once/messaging/versioned-table";

/** `id` is the customer's. */
export interface Account extends Versioned {
  /** Cents. */
  readonly limit: number;
  /** Cents. */
  readonly available: number;
}

/** The account with the amount taken, or undefined when it does not cover it. */
export function reserve(account: Account, amount: number): Account | undefined {
  return account.available >= amount ? { ...account, available: account.available - amount } : undefined;
}
