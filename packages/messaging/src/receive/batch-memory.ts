// A batch whose messages are each inside their bounds may fill the memory of a function together: what is beyond the
// bound of the batch goes back to its queue before it is parsed. Loaded with the first batch that may be so large.
//
//   G5, G11. The first messages always fit, so each receive brings the queue forward. To be given back is a wait.
//   G4. From the first one that does not fit on, all go back: none of a FIFO group passes another.
import type { SQSRecord } from "aws-lambda";
import { isRedelivered } from "../commit/received.ts";
import { RetryLater } from "../core/outcome.ts";
import { valuesIn, valuesMax } from "../envelope/caps.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { attemptStore } from "./attempt-store.ts";

export interface PartOfBatch {
  readonly records: readonly SQSRecord[];
  /** Each with a visibility timeout of a moment, and a note in the run attempt store that this was a wait. */
  readonly givenBack: readonly SQSRecord[];
}

/**
 * Of the values of a batch, some 80 bytes each while it is worked on. So many small ones, or ten messages at their own
 * bound: with 6 MB, the most that Lambda hands to a function, it could be three times as many.
 */
const batchValuesMax = 10 * valuesMax;

export async function giveBackBeyondMemory(
  all: readonly SQSRecord[],
  queue: Subscription,
): Promise<PartOfBatch> {
  let values = 0;
  const beyond = all.findIndex(({ body }) => {
    values += weightOf(body);
    return values > batchValuesMax;
  });
  if (beyond < 0) return { records: all, givenBack: [] };
  const givenBack = all.slice(beyond);
  await attemptStore({ table: queue.evidenceTable }).lastRuns(givenBack.filter(isRedelivered)); // what counts for them stays
  const { settleFailure } = await import("./failed-record.ts");
  const full = new RetryLater("BATCH_FULL", 1, { waited: true });
  await Promise.allSettled(givenBack.map((record) => settleFailure(queue, record, full, {})));
  return { records: all.slice(0, beyond), givenBack };
}

/** What will be parked unread weighs nothing. */
function weightOf(body: string): number {
  try {
    const values = valuesIn(body);
    return values > valuesMax ? 0 : values;
  } catch {
    return 0; // TOO_DEEP
  }
}
