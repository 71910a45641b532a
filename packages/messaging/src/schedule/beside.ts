// Writes of the schedules table beside the one item of a handler with inline evidence: a transaction in the place of its write.
//
//   G1, G2. Item, evidence, messages and schedules commit together, on the same conditions as without.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isRefused } from "../aws/cancellation.ts";
import { type Beside, beside } from "../commit/beside.ts";
import { transact } from "../commit/transaction.ts";
import type { Write } from "../commit/unit-of-work.ts";
import { Park, StateMoved } from "../core/outcome.ts";

/** Marks the writes, for a form of evidence that has one write: they go beside it. */
export function withBeside(writes: readonly Write[], client: () => DynamoDBClient): Write[] {
  const send = transact(client);
  const perform: Beside = async (own, others) => {
    const reasons = await send([own, ...others]);
    if (reasons === undefined) return undefined;
    const [first, ...rest] = reasons;
    if (first?.Code === "ConditionalCheckFailed") return { item: first.Item }; // G2: before all other reasons
    const codes = reasons.map(({ Code = "None" }) => Code).filter((code) => code !== "None");
    const refused = codes.filter(isRefused);
    if (refused.length > 0 || codes.length === 0)
      throw new Park("COMMIT_REFUSED", refused.join(", ") || "cancelled without a reason");
    if (rest.some(({ Code }) => Code === "ConditionalCheckFailed")) throw new StateMoved("schedules");
    const [passing] = codes;
    throw Object.assign(new Error(passing), { name: passing });
  };
  return writes.map((write) => beside(write, perform));
}
