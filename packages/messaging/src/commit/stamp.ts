// The order of commits, for rows of the outbox that are read back from the table: a hybrid logical clock. A commit's
// stamp is the time, or one more than the highest stamp that this process has given or read, whichever is higher.
//
//   G4. Items of versioned tables carry the stamp of their last commit. A commit that read an item has a higher one than
//   the commit that wrote it, whatever the clocks of both say.
//
// https://cse.buffalo.edu/tech-reports/2014-04.pdf (Kulkarni et al., Logical Physical Clocks)
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { nowMs } from "../core/clock.ts";
import { hiddenPrefix } from "./item-evidence.ts";
import type { Write } from "./unit-of-work.ts";

/** Texts of so many digits: those of the largest safe integer. */
export const stampDigits = 16;
export const stampAttribute = `${hiddenPrefix}stamp`;
const stampValue = `:${stampAttribute}`;
const stampsAMillisecond = 1_000;
/** What is above it was not written by this code, or leaves no room for the next. */
const stampMax = Number.MAX_SAFE_INTEGER / 2;

let highest = 0;
/** Saves of versioned tables, with the stamp of the item that was read. Other writes do not say what they have read. */
const saves = new WeakMap<Write, string>();

/** Takes note of the stamp of an item that was read. */
export function seeStamp(item: Readonly<Record<string, AttributeValue>> | undefined): void {
  const stamp = Number(item?.[stampAttribute]?.S ?? 0);
  if (stamp <= stampMax) highest = Math.max(highest, stamp);
}

/** Says that a write is the save of an item that was read with this stamp. */
export function stampable(write: Write, read: string | undefined): Write {
  saves.set(write, read ?? "");
  return write;
}

export interface Stamped {
  readonly stamp: string;
  /** The highest stamp of the items that it saves, as they were read; empty for none. */
  readonly after: string;
  readonly writes: Write[];
}

/** The stamp of a commit, and its writes with it. To be called when all its reads are done. */
export function stamped(writes: readonly Write[]): Stamped {
  highest = Math.max(nowMs() * stampsAMillisecond, highest + 1);
  const stamp = String(highest).padStart(stampDigits, "0");
  const read = writes.map((write) => saves.get(write) ?? "");
  return {
    stamp,
    after: read.reduce((max, one) => (one > max ? one : max), ""),
    writes: writes.map((write) => (saves.has(write) ? withStamp(write, stamp) : write)),
  };
}

function withStamp({ Update }: Write, stamp: string): Write {
  if (Update === undefined) throw new Error("a save is an update");
  return {
    Update: {
      ...Update,
      UpdateExpression: `SET ${stampAttribute} = ${stampValue}, ${Update.UpdateExpression?.slice("SET ".length)}`,
      ExpressionAttributeValues: { ...Update.ExpressionAttributeValues, [stampValue]: { S: stamp } },
    },
  };
}
