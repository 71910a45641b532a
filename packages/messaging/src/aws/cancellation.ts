// Why a transaction was cancelled, said as an outcome. A healthy duplicate looks exactly like a failure until
// its reasons are read, so the evidence is looked at before anything else (G2).
//
//   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html (reasons)
import type { AttributeValue, TransactionCanceledException } from "@aws-sdk/client-dynamodb";

export type Cancellation =
  | { readonly kind: "evidence"; readonly item: Readonly<Record<string, AttributeValue>> }
  | { readonly kind: "state-moved" }
  | { readonly kind: "transient"; readonly codes: readonly string[] }
  | { readonly kind: "refused"; readonly codes: readonly string[] };

const transientCodes: ReadonlySet<string | undefined> = new Set([
  "TransactionConflict",
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
  "AccelerateWaitException",
  "TransactionInProgressException",
]);

/** Refused for what the transaction says: it says the same next time. Every other reason passes, or AWS gives a new one. */
const refusedCodes: ReadonlySet<string | undefined> = new Set([
  "ValidationError",
  "ItemCollectionSizeLimitExceeded",
]);

export function isRefused(code: string | undefined): boolean {
  return refusedCodes.has(code);
}

/** A reason that passes: the same transaction may succeed in a moment. */
export function isTransient(code: string | undefined): boolean {
  return transientCodes.has(code);
}

/** @param evidenceIndex the place of the evidence's action in the transaction */
export function classifyCancellation(
  error: Pick<TransactionCanceledException, "CancellationReasons">,
  { evidenceIndex }: { evidenceIndex: number },
): Cancellation {
  const reasons = error.CancellationReasons ?? [];
  const evidence = reasons[evidenceIndex];
  if (evidence?.Code === "ConditionalCheckFailed") return { kind: "evidence", item: evidence.Item ?? {} };

  const codes = reasons.map((reason) => reason.Code ?? "None").filter((code) => code !== "None");
  const refused = codes.filter(isRefused);
  if (refused.length > 0 || codes.length === 0) return { kind: "refused", codes: refused };
  if (codes.includes("ConditionalCheckFailed")) return { kind: "state-moved" };
  return { kind: "transient", codes };
}
