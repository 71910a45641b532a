// A message that kills its process must not take its neighbours to the dead-letter queue with it.
//
//   G5. Suspects (redelivered, and nobody knows why) run last and alone, after the others were committed and
//   deleted from the queue; the one that was alone when the process died before runs after all other suspects.
import type { SQSRecord } from "aws-lambda";
import type { LastRun, RunLedger } from "./run-ledger.ts";

export interface IsolationOptions<Item> {
  readonly recordOf: (item: Item) => SQSRecord;
  readonly ledger: RunLedger;
  /** Works on items side by side and returns those that failed. */
  readonly process: (items: readonly Item[]) => Promise<Item[]>;
  /** Deletes items from their queue now, not with the answer of the batch. */
  readonly forget: (items: readonly Item[]) => Promise<void>;
}

/** Works on a batch, suspects last and one at a time, and returns the items that failed. */
export async function processIsolated<Item>(
  items: readonly Item[],
  { recordOf, ledger, process, forget }: IsolationOptions<Item>,
): Promise<Item[]> {
  const redelivered = items.filter((item) => receiveCountOf(recordOf(item)) > 1);
  if (redelivered.length === 0) return process(items);

  const runs = await ledger.lastRuns(redelivered.map(recordOf));
  const lastRunOf = (item: Item): LastRun => runs.get(recordOf(item).messageId) ?? "unknown";
  const suspects = redelivered
    .filter((item) => lastRunOf(item) !== "ended")
    .sort((a, b) => Number(lastRunOf(a) === "alone") - Number(lastRunOf(b) === "alone"));
  const others = items.filter((item) => !suspects.includes(item));
  if (suspects.length === 0) return process(items);

  const failed = await process(others);
  await forget(others.filter((item) => !failed.includes(item)));
  for (const suspect of suspects) {
    await ledger.note(recordOf(suspect), "alone");
    const [failure] = await process([suspect]);
    if (failure !== undefined) failed.push(failure);
    else await forget([suspect]);
  }
  return failed;
}

function receiveCountOf(record: SQSRecord): number {
  return Number(record.attributes.ApproximateReceiveCount);
}
