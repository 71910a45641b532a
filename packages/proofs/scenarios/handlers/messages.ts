// The domain of the explored handlers: deposits to accounts. An account ends with the sum of its deposits, each of
// which is confirmed by one message.

import { messageType } from "@essentially-once/messaging/message-type";
import type { Versioned } from "@essentially-once/messaging/versioned-table";
import * as z from "zod";

export const Deposited = messageType({
  type: "explored.deposited.v1",
  schema: z.strictObject({ account: z.string(), amount: z.int() }),
  key: ({ account }) => account,
});

export const Confirmed = messageType({
  type: "explored.confirmed.v1",
  schema: z.strictObject({ account: z.string(), amount: z.int() }),
  key: ({ account }) => account,
});

export interface Account extends Versioned {
  readonly sum: number;
  /** The amounts in the order in which they came. */
  readonly history: readonly number[];
}

export function deposit(account: Account | undefined, id: string, amount: number): Account {
  const { sum, history, version } = account ?? { sum: 0, history: [], version: 0 };
  return { id, version, sum: sum + amount, history: [...history, amount] };
}

export const Told = messageType({
  type: "explored.told.v1",
  schema: z.strictObject({ account: z.string(), text: z.string() }),
  key: ({ account }) => account,
});

/** More than a message carries, and not of ASCII alone. */
export function largeText(account: string): string {
  return `${account} grüßt 🚢 `.repeat(2_500);
}
