// Why a transaction of an item and schedules was cancelled.
import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { isRefused } from "../aws/cancellation.ts";
import type { Beside } from "../commit/beside.ts";
import { Park, StateMoved } from "../core/outcome.ts";

/** @returns the item that was not as it was read; for anything else it throws what the delivery ends with */
export function refusedBeside(reasons: readonly CancellationReason[]): Awaited<ReturnType<Beside>> {
  const [first, ...rest] = reasons;
  if (first?.Code === "ConditionalCheckFailed") return { item: first.Item }; // G2: before all other reasons
  const codes = reasons.map(({ Code = "None" }) => Code).filter((code) => code !== "None");
  const refused = codes.filter(isRefused);
  if (refused.length > 0 || codes.length === 0)
    throw new Park("COMMIT_REFUSED", refused.join(", ") || "cancelled without a reason");
  if (rest.some(({ Code }) => Code === "ConditionalCheckFailed")) throw new StateMoved("schedules");
  const [passing] = codes;
  throw Object.assign(new Error(passing), { name: passing });
}
