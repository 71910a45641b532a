// How the run of a pulled dead letter ended: by its answer, by the dead letter that it parked, and by the kit's log.

import type { Pulled } from "@essentially-once/operator/internal/dead-letters/pulled";
import type { InvocationResult } from "../model/invocation.ts";

export interface Ended {
  readonly result: InvocationResult;
  readonly lines: readonly string[];
  /** What the run put into the dead-letter queue of this machine. */
  readonly parked?: { readonly reason: string; readonly detail: string } | undefined;
}

type Outcome = Pick<Pulled, "outcome" | "code" | "detail" | "retryAfterSeconds" | "isDuplicate">;

export function outcomeOf({ result, lines, parked }: Ended): Outcome {
  const said = lines.map(fieldsIn);
  const isDuplicate = said.some(isSaid("DUPLICATE"));
  if (result.outcome !== "ok")
    return { outcome: "failed", code: result.error?.type ?? result.outcome, isDuplicate };
  if (parked) return { outcome: "parked", code: parked.reason, detail: parked.detail, isDuplicate };
  if (!isAskedForAgain(result.response)) return { outcome: "acknowledged", isDuplicate };
  const { errorCode, retryAfterSeconds } = said.find(isSaid("RETRY_LATER")) ?? {};
  return {
    outcome: "retried",
    isDuplicate,
    ...(typeof errorCode === "string" && { code: errorCode }),
    ...(typeof retryAfterSeconds === "number" && { retryAfterSeconds }),
  };
}

/** Other services that it called, or wanted to call. */
export function outsideIn(lines: readonly string[]): string[] {
  const places = lines.map(fieldsIn).flatMap(({ outside, allowed }) => {
    if (typeof outside !== "string") return [];
    return [allowed === true ? outside : `${outside}, refused: --allow-effects lets it through`];
  });
  return [...new Set(places)];
}

function isAskedForAgain(response: unknown): boolean {
  const { batchItemFailures = [] } = (response ?? {}) as { batchItemFailures?: readonly unknown[] };
  return batchItemFailures.length > 0;
}

/** The built-in log has the code under `code`, Powertools under `message`. */
function isSaid(wanted: string) {
  return ({ code, message }: Record<string, unknown>) => code === wanted || message === wanted;
}

function fieldsIn(line: string): Record<string, unknown> {
  if (!line.startsWith("{")) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}
