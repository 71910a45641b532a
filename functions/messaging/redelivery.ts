// A batch in which something was delivered before: what was done is forgotten without a run, suspects run last and
// alone (isolation.ts). Loaded with the first such batch.
import { isDone } from "./already-done.ts";
import type { MessageMiddleware } from "./delivery.ts";
import { processIsolated } from "./isolation.ts";
import { log } from "./log.ts";
import { Park } from "./outcome.ts";
import type { QueueOrder } from "./queue-order.ts";
import { letterOf, type Received } from "./received.ts";
import { runLedger } from "./run-ledger.ts";
import { aboutMessage } from "./scope.ts";
import { deleteMessages } from "./sqs-batch.ts";
import { sqs } from "./sqs-client.ts";
import type { Subscription } from "./subscription.ts";
import { unitOfWork } from "./unit-of-work.ts";

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
    ledger: runLedger({ table: queue.evidenceTable }),
    inOrder: order.inOrder,
    lotOf: order.lotOf,
    recordOf: ({ record }) => record,
    isDone: wasDone,
    deadlineMs,
    process,
    forget: (items) => forget(items, queue),
  });

  async function wasDone({ record, envelope }: Received): Promise<boolean> {
    if (envelope instanceof Park) return false;
    const letter = letterOf(record);
    const unit = unitOfWork({ contract: { name: consumer, publishes: [] }, cause: envelope });
    const delivery = { consumer, message: envelope, letter, unit, deadlineMs };
    if (!(await isDone(delivery, middlewares))) return false;
    aboutMessage(envelope, () => log("info", "DUPLICATE", { consumer, receiveCount: letter.receiveCount }));
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
