// A batch whose messages are each inside their bounds may fill the memory of a function together: what is beyond the
// bound of the batch goes back to its queue before it is parsed. Loaded with the first batch that may be so large.
//
//   G5, G11. The first messages always fit, so each receive brings the queue forward. To be given back is a wait.
//   G7. A message is parked by its own reason: on its last receive it is read, alone.
//   G4. From the first one that does not fit on, all go back: none of a FIFO group passes another.
import type { SQSRecord } from "aws-lambda";
import { isRedelivered } from "../commit/received.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { valuesIn, valuesMax } from "../envelope/caps.ts";
import { isFifo } from "../envelope/message-group.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { attemptStore } from "./attempt-store.ts";
import { groupOf } from "./key-order.ts";
import { nextTry } from "./next-try.ts";

/** Works on records together and returns those that failed. */
export type ProcessPart = (records: readonly SQSRecord[]) => Promise<readonly SQSRecord[]>;

/**
 * Of the values of a batch, some 80 bytes each while it is worked on. So many small ones, or ten messages at their own
 * bound: with 6 MB, the most that Lambda hands to a function, it could be three times as many.
 */
const batchValuesMax = 10 * valuesMax;

/** Returns the records that failed, and those that were given back. */
export async function processWithinMemory(
  all: readonly SQSRecord[],
  queue: Subscription,
  process: ProcessPart,
): Promise<readonly SQSRecord[]> {
  let values = 0;
  const beyond = all.findIndex(({ body }) => {
    values += weightOf(body);
    return values > batchValuesMax;
  });
  if (beyond < 0) return process(all);
  const rest = all.slice(beyond);
  await attemptStore({ table: queue.evidenceTable }).lastRuns(rest.filter(isRedelivered)); // what counts for them stays
  const lastly = new Set((await Promise.all(rest.map((record) => ifItIsLast(queue, record)))).flat());
  const givenBack = rest.filter((record) => !lastly.has(record));
  await giveBack(queue, givenBack);
  const failed = [...(await process(all.slice(0, beyond))), ...givenBack];
  for (const record of lastly) {
    const isBehind = isFifo(queue.queueUrl) && failed.some((one) => groupOf(one) === groupOf(record));
    failed.push(...(isBehind ? [record] : await process([record])));
  }
  return failed;
}

const full = new RetryLater("BATCH_FULL", 1, { waited: true });

/** What cannot wait any longer is not parked unread, and so unchecked: it runs alone, when the others are done. */
async function ifItIsLast(queue: Subscription, record: SQSRecord): Promise<SQSRecord[]> {
  return (await nextTry(queue, record, full)) instanceof Park ? [record] : [];
}

/** Each with a visibility timeout of a moment, and a note in the run attempt store that this was a wait. */
async function giveBack(queue: Subscription, records: readonly SQSRecord[]): Promise<void> {
  const { settleFailure } = await import("./failed-record.ts");
  const beforePark = () => Promise.reject(full); // its time ended just now: the next receive is its last
  await Promise.allSettled(records.map((record) => settleFailure(queue, record, full, { beforePark })));
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
