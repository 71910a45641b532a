// The order of a batch of a FIFO queue: its groups side by side, the messages of a group one after the other.
//
//   G4. No message overtakes one that failed or is parked: messages behind a failure return to the queue with it, those
//   behind a parked message are held. A message that is not authentic holds no other message, and joins no line.

import type { Received } from "../commit/received.ts";
import { gapCode } from "../commit/sequence-evidence.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { inSequence } from "../envelope/sequence-order.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { type Authenticate, isAuthentic } from "../trust/authenticate.ts";
import { holds } from "./holds.ts";
import { groupOf, keyOrder } from "./key-order.ts";
import type { QueueOrder } from "./queue-order.ts";

export function fifoOrder({
  queue,
  queueName,
  received: asReceived,
  authenticate,
}: {
  readonly queue: Subscription;
  readonly queueName: string;
  readonly received: readonly Received[];
  readonly authenticate: Authenticate;
}): QueueOrder {
  const received = inSequence(asReceived, placeOf);
  const records = received.map(({ record }) => record);
  const table = queue.evidenceTable;
  const order = keyOrder({ holds: holds({ table, queueName }), records, hasGivenIds: queue.hasGivenIds });
  return {
    received,
    inOrder: true,
    keyOf: ({ record }) => groupOf(record),
    async admit(item) {
      try {
        await order.admit(item.record);
      } catch (error) {
        if (error instanceof Park || error instanceof RetryLater) await authenticate(item); // its own reason comes first
        throw error;
      }
    },
    lift: ({ record }) => order.lift(record),
    failureOf(item) {
      const { record } = item;
      return {
        async beforePark({ code }) {
          if (code === gapCode) return order.lift(record);
          return (await isAuthentic(authenticate, item)) ? order.hold(record) : undefined;
        },
        behind: records
          .slice(records.indexOf(record) + 1)
          .filter((later) => groupOf(later) === groupOf(record)),
      };
    },
  };
}

function placeOf({ record, envelope }: Received) {
  return envelope instanceof Park ? undefined : { group: groupOf(record), message: envelope };
}
