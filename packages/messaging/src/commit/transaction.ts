// One TransactWriteItems: committed, or cancelled with a reason for each action.
import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { itemTwice } from "./limits.ts";
import type { Write } from "./unit-of-work.ts";

/** Undefined: committed. Otherwise nothing was, and there is one reason for each action, in their order. */
export type Reasons = readonly CancellationReason[] | undefined;

export type Transact = (actions: readonly Write[]) => Promise<Reasons>;

/** A lost response is the SDK's to repair: its attempts of one command share a token, which lasts ten minutes. */
export function transact(client: () => DynamoDBClient): Transact {
  return async function send(actions) {
    try {
      await client().send(new TransactWriteItemsCommand({ TransactItems: actions.map(telling) }));
      return undefined;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return error.CancellationReasons ?? [];
      if (error instanceof TransactionInProgressException) return actions.map(() => ({ Code: error.name }));
      if (error instanceof Error && /multiple operations on one item/i.test(error.message)) {
        throw itemTwice("of one table");
      }
      throw error;
    }
  };
}

/** So that a reason says what its item was: a race that is lost to an item that never moves is none (lost-race.ts). */
function telling(action: Write): Write {
  const told = Object.entries(action).map(([kind, input]) => [
    kind,
    input?.ConditionExpression ? { ...input, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } : input,
  ]);
  return Object.fromEntries(told);
}
