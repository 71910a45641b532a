// The order of a batch of a FIFO queue: its groups side by side, the messages of a group one after the other.
//
//   G4. None runs past one that failed or is parked: what is behind a failure comes back with it, what is behind a
//   parked message is held.
import { holds } from "./holds.ts";
import { groupOf, keyOrder } from "./key-order.ts";
import { Park } from "./outcome.ts";
import type { QueueOrder } from "./queue-order.ts";
import type { Received } from "./received.ts";
import { gapCode } from "./sequence-evidence.ts";
import { inSequence } from "./sequence-order.ts";
import type { Subscription } from "./subscription.ts";

export function fifoOrder({
  queue,
  queueName,
  received: asReceived,
}: {
  readonly queue: Subscription;
  readonly queueName: string;
  readonly received: readonly Received[];
}): QueueOrder {
  const received = inSequence(asReceived, placeOf);
  const records = received.map(({ record }) => record);
  const table = queue.evidenceTable;
  const order = keyOrder({ holds: holds({ table, queueName }), records });
  return {
    received,
    inOrder: true,
    lotOf: ({ record }) => groupOf(record),
    admit: ({ record }) => order.admit(record),
    lift: ({ record }) => order.lift(record),
    failureOf({ record }) {
      return {
        beforePark: ({ code }) => (code === gapCode ? order.lift(record) : order.hold(record)),
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
