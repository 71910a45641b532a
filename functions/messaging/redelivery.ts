// A batch in which something was delivered before: what was done is forgotten without a run, suspects run last and
// alone (isolation.ts). Loaded with the first such batch.
import { DeleteMessageBatchCommand } from "@aws-sdk/client-sqs";
import { isDone } from "./already-done.ts";
import type { MessageMiddleware } from "./delivery.ts";
import { processIsolated } from "./isolation.ts";
import { log } from "./log.ts";
import { Park } from "./outcome.ts";
import type { QueueOrder } from "./queue-order.ts";
import { letterOf, type Received } from "./received.ts";
import { runLedger } from "./run-ledger.ts";
import { aboutMessage } from "./scope.ts";
import { batchEntriesMax } from "./send.ts";
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
    const unit = unitOfWork({ producer: consumer, cause: envelope });
    const delivery = { consumer, message: envelope, letter, unit, deadlineMs };
    if (!(await isDone(delivery, middlewares))) return false;
    aboutMessage(envelope, () => log("info", "DUPLICATE", { consumer, receiveCount: letter.receiveCount }));
    return true;
  }
}

/** Deletes records now; a failure to delete is not fatal, the answer of the batch deletes them too. */
async function forget(items: readonly Received[], { queueUrl, consumer }: Subscription): Promise<void> {
  for (let start = 0; start < items.length; start += batchEntriesMax) {
    const Entries = items
      .slice(start, start + batchEntriesMax)
      .map(({ record }, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));
    try {
      await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    } catch (error) {
      const errorCode = error instanceof Error ? error.name : typeof error;
      log("warn", "DELETE_FAILED", { consumer, records: Entries.length, errorCode });
    }
  }
}
