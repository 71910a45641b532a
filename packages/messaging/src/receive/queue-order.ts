// The order of a batch: when each record runs, and which records a failure holds up. The order of a FIFO queue is loaded
// with its first batch.

import { queueNameOf, type Received } from "../commit/received.ts";
import { Park } from "../core/outcome.ts";
import type { Envelope } from "../envelope/envelope.ts";
import { isFifo } from "../envelope/message-group.ts";
import type { Subscription } from "../envelope/subscription.ts";
import type { Authenticate } from "../trust/authenticate.ts";

export interface QueueOrder {
  /** The batch in the order in which it runs. */
  readonly received: readonly Received[];
  /** In a group of records, no record runs after a failure. */
  readonly inOrder: boolean;
  /** The group of a record: the records of a group run one after the other. */
  keyOf(item: Received): string;
  /**
   * Returns when the record may run.
   * @throws Park or RetryLater when it may not, now or ever
   */
  admit(item: Received): Promise<void>;
  /** To be called when the record is done, before it is acknowledged. */
  lift(item: Received): Promise<void>;
  /** What a failure of the record must not overlook. */
  failureOf(item: Received): Failure;
}

export interface Failure {
  /** Done before the record is parked for this reason; when it fails, nothing is parked. */
  readonly beforePark?: (reason: Park) => Promise<void>;
  /** Records that come back with this one and after it: a FIFO group is hidden as long as any of it is. */
  readonly behind?: readonly Received["record"][];
}

export async function queueOrder(
  queue: Subscription,
  received: readonly Received[],
  authenticate: Authenticate,
): Promise<QueueOrder> {
  const queueName = queueNameOf(received[0]?.record);
  if (!isFifo(queueName)) return { ...anyOrder, received };
  const { fifoOrder } = await import("./fifo-order.ts");
  return fifoOrder({ queue, queueName, received, authenticate });
}

/** On a standard queue only copies of one message wait for each other: the second meets the evidence of the first. */
const anyOrder: Omit<QueueOrder, "received"> = {
  inOrder: false,
  keyOf: ({ record, envelope }) => (envelope instanceof Park ? record.messageId : identityOf(envelope)),
  admit: async () => undefined,
  lift: async () => undefined,
  failureOf: () => ({}),
};

function identityOf({ source, id }: Envelope): string {
  return JSON.stringify([source, id]);
}
