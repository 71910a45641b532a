// A batch in which something was delivered before: what was done is forgotten without a run, suspects run last and
// alone (isolation.ts). Loaded with the first such batch.

import { deleteMessages } from "../aws/sqs-batch.ts";
import { sqs } from "../aws/sqs-client.ts";
import { isDone } from "../commit/already-done.ts";
import type { MessageMiddleware } from "../commit/delivery.ts";
import { type Received, sqsMessageOf } from "../commit/received.ts";
import { unitOfWork } from "../commit/unit-of-work.ts";
import { Park } from "../core/outcome.ts";
import type { Subscription } from "../envelope/subscription.ts";
import { log } from "../observe/log.ts";
import { aboutMessage } from "../observe/scope.ts";
import { attemptStore } from "./attempt-store.ts";
import { processIsolated } from "./isolation.ts";
import type { QueueOrder } from "./queue-order.ts";

/** Works on a batch and returns what failed of it. */
export function processRedelivered({
  queue,
  order,
  middlewares,
  deadlineMs,
  process,
}: {
  readonly queue: Subscription;
  readonly order: QueueOrder;
  readonly middlewares: readonly MessageMiddleware[];
  readonly deadlineMs: number;
  readonly process: (items: readonly Received[]) => Promise<Received[]>;
}): Promise<Received[]> {
  const { consumer } = queue;
  return processIsolated(order.received, {
    store: attemptStore({ table: queue.evidenceTable }),
    inOrder: order.inOrder,
    keyOf: order.keyOf,
    recordOf: ({ record }) => record,
    isDone: wasDone,
    deadlineMs,
    process,
    forget: (items) => forget(items, queue),
  });

  async function wasDone({ record, envelope }: Received): Promise<boolean> {
    if (envelope instanceof Park) return false;
    const sqsMessage = sqsMessageOf(record);
    const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: envelope });
    const delivery = { consumer, message: envelope, sqsMessage, unit, deadlineMs };
    if (!(await isDone(delivery, middlewares))) return false;
    aboutMessage(envelope, () =>
      log("info", "DUPLICATE", { consumer, receiveCount: sqsMessage.receiveCount }),
    );
    return true;
  }
}

/** Deletes records now; a failure to delete is not fatal, the answer of the batch deletes them too. */
async function forget(items: readonly Received[], { queueUrl, consumer }: Subscription): Promise<void> {
  const kept = await deleteMessages(
    sqs(),
    queueUrl,
    items.map(({ record }) => record),
  );
  for (const [errorCode, refused] of Map.groupBy(kept, ({ code }) => code))
    log("warn", "DELETE_FAILED", { consumer, records: refused.length, errorCode });
}
