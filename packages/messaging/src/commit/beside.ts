// Writes that go beside the one item of `inline`, in a transaction that whoever made them performs: see schedule/beside.ts.
import type { Refused } from "./inline-send.ts";
import type { Write } from "./unit-of-work.ts";

/** Performs the item's write and those beside it. Undefined when all were done; otherwise the item as it was when its condition failed. */
export type Beside = (own: Write, others: readonly Write[]) => Promise<Refused | undefined>;

const performers = new WeakMap<Write, Beside>();

export function beside(write: Write, perform: Beside): Write {
  performers.set(write, perform);
  return write;
}

export function besideOf(write: Write): Beside | undefined {
  return performers.get(write);
}
