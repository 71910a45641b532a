// One dead letter, handled on this machine: for `npm run dlq -- pull` and for the console of a stage.
//
//   G6. Nothing of the stage changes: the message stays in its dead-letter queue, and writes stay here.

import type { Connection } from "../connect/connection.ts";
import { UsageError } from "../terminal/usage-error.ts";
import { authenticityOf } from "./authenticity.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import type { Knowledge } from "./judge.ts";
import { findPull, type Pulled, type PullRequest } from "./pulled.ts";
import { type Shown, show } from "./show.ts";

export interface PullOptions extends Omit<PullRequest, "connection" | "queue" | "deadLetter" | "isSigned"> {
  readonly known: Knowledge;
  readonly queue: ConsumerQueue;
  readonly deadLetter: DeadLetter;
}

export interface PulledHere {
  readonly pulled: Pulled;
  /** What the stage says of it, without its payload. */
  readonly shown: Shown;
}

/** @throws UsageError for one that cannot be handled here, with what can be done */
export async function pull(connection: Connection, { known, ...options }: PullOptions): Promise<PulledHere> {
  const { queue, deadLetter } = options;
  const { unrestored } = deadLetter;
  if (unrestored !== undefined)
    throw new UsageError(`${deadLetter.id} cannot be pulled: its message cannot be read: ${unrestored}.`);
  const run = await findPull();
  const { kind } = await authenticityOf(known.keys, queue, deadLetter);
  const pulled = await run({ connection, ...options, isSigned: kind === "valid" });
  const place = { dynamodb: connection.dynamodb, queue };
  return { pulled, shown: await show(place, deadLetter, { known, payload: false }) };
}
