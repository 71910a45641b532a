// The order of a FIFO batch: which of its messages may run now, and who waits behind whom.
//
//   G4. A message of a held group runs only when it is first in its line; the messages behind it are parked, in order.
//
// One read at the start of a batch is enough: SQS gives a group to one invocation at a time, as long as no
// function outlives its visibility timeout (six times its own), so only this batch and the operator's
// `discard`, which makes a line shorter, move the lines of its groups.
import type { SQSRecord } from "aws-lambda";
import { Park, RetryLater } from "../core/outcome.ts";
import { givenIdName, heldId } from "../envelope/given-id.ts";
import { log } from "../observe/log.ts";
import { type Hold, type Holds, isFirstGone, noHold } from "./holds.ts";

export interface KeyOrder {
  /**
   * Returns when the record may run.
   * @throws Park HELD when it is behind another; RetryLater HOLD_FULL when the line takes no more
   */
  admit(record: SQSRecord): Promise<void>;
  /** To be called before the record is parked: its successors wait for it from here on. */
  hold(record: SQSRecord): Promise<void>;
  /** To be called when the record is done, before it is acknowledged: the next in line may run. */
  lift(record: SQSRecord): Promise<void>;
}

/** A line lives in one item of 400 KB, and each that joins writes all of it. */
const lineMax = 1_000;
/** Waiting in the queue keeps the order too, but shows no operator anything. */
const fullRetrySeconds = 300;

export function keyOrder({
  holds,
  records,
  hasGivenIds = false,
}: {
  readonly holds: Holds;
  readonly records: readonly SQSRecord[];
  /** The attribute is not signed: where the relay fills the queue, each copy of a message could have its own. */
  readonly hasGivenIds?: boolean | undefined;
}): KeyOrder {
  const known = new Map<string, Hold>();
  let reading: Promise<void> | undefined;

  return {
    async admit(record) {
      const id = heldIdOf(record);
      const { line, passed } = await withoutGone(record, id);
      if (line.length === 0 || line[0] === id || passed.includes(id)) return;
      if (line.length >= lineMax && !line.includes(id)) {
        throw new RetryLater("HOLD_FULL", fullRetrySeconds, { waited: true });
      }
      throw new Park("HELD", `behind a parked message of group ${groupOf(record)}`);
    },

    async hold(record) {
      await holdOf(record); // a read in progress must not overwrite this hold
      const group = groupOf(record);
      known.set(group, await holds.join(group, heldIdOf(record)));
    },

    async lift(record) {
      const { line } = await holdOf(record);
      const group = groupOf(record);
      const id = heldIdOf(record);
      if (line.includes(id)) known.set(group, await holds.leave(group, id));
    },
  };

  /** If the first message of a line no longer exists, the line would hold its key forever: removes it, and logs that. */
  async function withoutGone(record: SQSRecord, id: string): Promise<Hold> {
    const group = groupOf(record);
    let hold = await holdOf(record);
    while (hold.line[0] !== undefined && hold.line[0] !== id && isFirstGone(hold)) {
      log("error", "HOLD_EXPIRED", { group, bodyId: hold.line[0], behind: hold.line.length - 1 });
      hold = await holds.leave(group, hold.line[0]);
      known.set(group, hold);
    }
    return hold;
  }

  async function holdOf(record: SQSRecord): Promise<Hold> {
    reading ??= read();
    await reading;
    return known.get(groupOf(record)) ?? noHold;
  }

  async function read(): Promise<void> {
    for (const [group, hold] of await holds.read([...new Set(records.map(groupOf))])) known.set(group, hold);
  }

  function heldIdOf({ body, messageAttributes }: SQSRecord): string {
    return heldId(body, hasGivenIds ? messageAttributes[givenIdName]?.stringValue : undefined);
  }
}

/** SQS delivers nothing from a FIFO queue without its group. */
export function groupOf(record: SQSRecord): string {
  return record.attributes.MessageGroupId ?? "";
}
