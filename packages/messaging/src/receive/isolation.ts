// A message that kills its process must not take its neighbours to the dead-letter queue with it.
//
//   G5. Suspects (redelivered for an unknown reason) run last and alone, after the others were committed and deleted
//   from the queue. A suspect that was running alone when its process died runs after all other suspects.
//   G2. A message that was processed has its evidence: it is deleted from the queue without a run, and is no suspect.
//   G4. A batch is worked on in groups of records: the copies of one message, or a FIFO group. A group with a suspect
//   runs last as a whole, one record at a time, in the order of the batch; in a FIFO group no record runs after a failure.
import type { SQSRecord } from "aws-lambda";
import { isRedelivered } from "../commit/received.ts";
import { nowMs } from "../core/clock.ts";
import type { AttemptStore, LastRun } from "./attempt-store.ts";

export interface IsolationOptions<Item> {
  readonly recordOf: (item: Item) => SQSRecord;
  /** The group of an item: the items of a group stay together and in order. */
  readonly keyOf: (item: Item) => string;
  /** In a group, no item runs after a failure. */
  readonly inOrder?: boolean;
  /** Whether the item's message was already processed, by this run or another. Not called where order counts. */
  readonly isDone?: (item: Item) => Promise<boolean>;
  readonly store: AttemptStore;
  /** Works on items side by side and returns those that failed. */
  readonly process: (items: readonly Item[]) => Promise<Item[]>;
  /** When `process` begins nothing any more, in ms since the epoch. */
  readonly deadlineMs: number;
  /** Deletes items from their queue now, not with the answer of the batch. */
  readonly forget: (items: readonly Item[]) => Promise<void>;
}

/** Works on a batch, suspects last and one at a time, and returns the items that failed. */
export async function processIsolated<Item>(
  items: readonly Item[],
  { recordOf, keyOf, inOrder = false, isDone, store, process, deadlineMs, forget }: IsolationOptions<Item>,
): Promise<Item[]> {
  const runs = await store.lastRuns(items.map(recordOf).filter(isRedelivered));
  const lastRunOf = (item: Item): LastRun => runs.get(recordOf(item).messageId) ?? "unknown";
  const groups = [...Map.groupBy(items, keyOf).values()];
  const suspected = groups.filter((group) => suspectsOf(group).length > 0);
  const done = await doneOf(suspected);
  const suspects = suspected
    .filter((group) => !done.has(group))
    .sort((a, b) => Number(wasAlone(a)) - Number(wasAlone(b)));
  const others = items.filter((item) => !suspected.some((group) => group.includes(item)));
  const failed = new Set(await process(others));
  if (suspects.length === 0) return [...failed];
  await forget([...others.filter((item) => !failed.has(item)), ...[...done].flat()]);
  for (const group of suspects) await processAlone(group);
  return items.filter((item) => failed.has(item));

  /** A group may hold another message under the same id, so it is done only when each of its items is. */
  async function doneOf(suspected: readonly (readonly Item[])[]): Promise<Set<readonly Item[]>> {
    if (inOrder || isDone === undefined) return new Set();
    const answers = await Promise.all(suspected.map(async (group) => Promise.all(group.map(isDone))));
    return new Set(suspected.filter((_, index) => answers[index]?.every(Boolean)));
  }

  async function processAlone(group: readonly Item[]): Promise<void> {
    for (const [index, item] of group.entries()) {
      // A run that is noted and then not begun would count against the message: one run less is left.
      if (nowMs() < deadlineMs) await store.note(recordOf(item), "alone");
      const [failure] = await process([item]);
      if (failure === undefined) await forget([item]);
      else if (!inOrder) failed.add(item);
      else {
        for (const behind of group.slice(index)) failed.add(behind);
        return;
      }
    }
  }

  /** In a FIFO group, records behind a recorded failure did not run after it, so they cannot have killed the process. */
  function suspectsOf(group: readonly Item[]): readonly Item[] {
    const heard = group.findIndex((item) => isRedelivered(recordOf(item)) && lastRunOf(item) === "ended");
    const mayHaveRun = inOrder && heard >= 0 ? group.slice(0, heard) : group;
    return mayHaveRun.filter((item) => isRedelivered(recordOf(item)) && lastRunOf(item) !== "ended");
  }

  function wasAlone(group: readonly Item[]): boolean {
    return suspectsOf(group).some((item) => lastRunOf(item) === "alone");
  }
}
