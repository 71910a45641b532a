// A customer's credit. Pure. Always: `limit` = `available` + what is reserved for orders.
import type { Versioned } from "@essentially-once/messaging/versioned-table";

/** `id` is the customer's. */
export interface Account extends Versioned {
  /** Cents. */
  readonly limit: number;
  /** Cents. */
  readonly available: number;
}

/** What one order holds of an account; nothing more once it was canceled, also when that came first. `id` is `order#…`. */
export interface Reservation extends Versioned {
  readonly customerId: string;
  /** Cents. */
  readonly amount: number;
}

/** The account without the amount, or undefined when its credit does not cover it. */
export function reserve(account: Account, amount: number): Account | undefined {
  return account.available >= amount ? giveBack(account, -amount) : undefined;
}

export function giveBack(account: Account, amount: number): Account {
  return { ...account, available: account.available + amount };
}
