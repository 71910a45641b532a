// Sends the messages in the outbox, oldest first, with the publisher's own code. The sweeper does this every minute; this
// command is for an hour in which neither the sweeper nor the stream works.
//
//   G3. A row is deleted when every destination has confirmed it, so a replay that dies can be run again.
//   G4. Rows of a producer and key are sent in order, and no row overtakes one that could not be sent.

import { nowMs } from "@essentially-once/messaging/clock";
import type { OutboxRow } from "@essentially-once/messaging/internal/commit/outbox";
import type { Publisher } from "@essentially-once/messaging/internal/publish/publisher";
import { inKeyOrder } from "@essentially-once/messaging/internal/publish/relay/oldest-rows";
import type { Pace } from "../terminal/pace.ts";
import type { Pending } from "./pending.ts";

export interface ReplayOptions {
  readonly publisher: Publisher;
  /** The oldest rows that match and whose id is not in the set. */
  readonly next: (tried: ReadonlySet<string>) => Promise<Pick<Pending, "oldest">>;
  /** Called once a message. */
  readonly turn: Pace;
  readonly onSent?: (replayed: Replayed) => void;
}

export interface Replayed {
  readonly rows: number;
  readonly messages: number;
  /** The ids of rows that stay in the outbox. */
  readonly left: readonly string[];
}

/** Sent in one go: enough to fill requests, few enough to be asked for again cheaply. */
const rowsTogether = 50;
/** For one go. Milliseconds. */
const goMsMax = 30_000;

export async function replay({ publisher, next, turn, onSent }: ReplayOptions): Promise<Replayed> {
  const tried = new Set<string>();
  const unsentKeys = new Set<string>();
  const left: string[] = [];
  let rows = 0;
  let messages = 0;
  for (;;) {
    const oldest = inKeyOrder((await next(tried)).oldest);
    if (oldest.length === 0) return { rows, messages, left };
    for (let start = 0; start < oldest.length; start += rowsTogether) {
      await send(oldest.slice(start, start + rowsTogether));
      onSent?.({ rows, messages, left });
    }
  }

  async function send(together: readonly OutboxRow[]): Promise<void> {
    for (const { id } of together) tried.add(id);
    const free = together.filter((row) => !keysOf(row).some((key) => unsentKeys.has(key)));
    for (const row of free) for (const _message of row.messages) await turn();
    const sent = await publisher.publish(free, { deadlineMs: nowMs() + goMsMax });
    for (const row of together) {
      if (sent.has(row.id)) {
        rows += 1;
        messages += row.messages.length;
        continue;
      }
      left.push(row.id);
      for (const key of keysOf(row)) unsentKeys.add(key);
    }
  }
}

function keysOf({ messages }: OutboxRow): string[] {
  return messages.map(({ envelope }) => envelope.partitionkey);
}
