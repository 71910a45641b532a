// Writes of the schedules table beside the one item of a handler with inline evidence: a transaction in the place of its write.
//
//   G1, G2. Item, evidence, messages and schedules commit together, on the same conditions as without.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Beside, beside } from "../commit/beside.ts";
import { transact } from "../commit/transaction.ts";
import type { Write } from "../commit/unit-of-work.ts";

/** Marks the writes, for a form of evidence that has one write: they go beside it. */
export function withBeside(writes: readonly Write[], client: () => DynamoDBClient): Write[] {
  const send = transact(client);
  const perform: Beside = async (own, others) => {
    const reasons = await send([own, ...others]);
    if (reasons === undefined) return undefined;
    const { refusedBeside } = await import("./beside-refused.ts"); // most are committed
    return refusedBeside(reasons);
  };
  return writes.map((write) => beside(write, perform));
}
