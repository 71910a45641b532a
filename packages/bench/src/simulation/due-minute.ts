// A minute in which very many scheduled messages are due: what it asks of the partitions of the schedules table's index, with the
// kit's own spreading of items over slots, and how long the dispatchers take.
import { itemId, slotCount, slotOf } from "@essentially-once/messaging/internal/schedule/scheduled-item";

export interface DueMinute {
  /** Messages that are due in it. */
  readonly due: number;
  /** Over so many seconds they are spread; 1 is the worst. */
  readonly seconds: number;
  /** What one dispatcher sends a second, measured. */
  readonly perDispatcher: number;
  /** Dispatchers at once: the mapping's concurrency. */
  readonly dispatchers: number;
}

export interface DueMinuteFigures {
  /** Of the slot with most: how much more than its share. */
  readonly unevenness: number;
  /** Write units a second at the hottest partition of the index; one takes 1,000. */
  readonly hottestSlotWrites: number;
  /** Until the last is in the outbox, from the first second on. */
  readonly drainedAfterSeconds: number;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html */
export const partitionWritesMax = 1_000;

export function dueMinute({ due, seconds, perDispatcher, dispatchers }: DueMinute): DueMinuteFigures {
  const slots = new Map<string, number>();
  for (let n = 0; n < due; n++) {
    const slot = slotOf(itemId("remind", `order-${n}`));
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  const most = Math.max(...slots.values());
  const rate = perDispatcher * Math.min(dispatchers, slotCount);
  const drainSeconds = Math.max(seconds, due / rate);
  return {
    unevenness: most / (due / slotCount),
    hottestSlotWrites: most / drainSeconds, // an item leaves the index with one write
    drainedAfterSeconds: drainSeconds,
  };
}
