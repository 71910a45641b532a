// Step 3 of 4: queue → effect. A message may arrive many times; its effect happens once.
//
//   G4. On a FIFO queue the messages of a group run in order, and none runs past one that failed or is parked.
//   G5. A record's failure is its own.
//   G6. What cannot be processed is parked with its reason; nothing else leaves the queue undone.
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { isDone } from "./already-done.ts";
import { processBatch } from "./batch.ts";
import { messageChain, type Work } from "./chain.ts";
import { deliver, type Letter, type MessageMiddleware } from "./delivery.ts";
import { type Envelope, readEnvelope } from "./envelope.ts";
import { environment } from "./environment.ts";
import { holds } from "./holds.ts";
import { processIsolated } from "./isolation.ts";
import { groupOf, keyOrder, noOrder } from "./key-order.ts";
import { log } from "./log.ts";
import { isFifo } from "./message-group.ts";
import type { MessageType } from "./message-type.ts";
import { metricNames } from "./metric-names.ts";
import { count } from "./metrics.ts";
import { observed } from "./observed.ts";
import { type Outcome, Park, RetryLater } from "./outcome.ts";
import { runLedger } from "./run-ledger.ts";
import { aboutMessage, duringMessage } from "./scope.ts";
import { gapCode } from "./sequence-evidence.ts";
import { inSequence } from "./sequence-order.ts";
import { type Failure, type Subscription, subscription } from "./subscription.ts";
import { unitOfWork } from "./unit-of-work.ts";

export interface ConsumerOptions<Types extends readonly MessageType[]> {
  /** The scope of the evidence: renaming a consumer makes it process everything anew. */
  readonly name: string;
  /** The types of message it understands; any other is parked. */
  readonly accepts: Types;
}

export interface Consumer<Types extends readonly MessageType[], Added = unknown> {
  /**
   * Adds a middy middleware, or a list of them, around each message, outermost first; the handler's context has
   * what it adds.
   */
  use<More>(
    middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[],
  ): Consumer<Types, Added & More>;
  /** The Lambda handler for an SQS event source mapping with `ReportBatchItemFailures`. */
  handler(work: Work<Types, void, Added>): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
}

/**
 * A consumer of a queue.
 * ```ts
 * export const handler = consumer({ name: "reserve-credit", accepts: [OrderPlaced] })
 *   .use(guards())
 *   .use(idempotency({ evidence: rows() }))
 *   .handler(async (message, unit) => {
 *     unit.write(accounts.save({ ...account, available }));
 *     unit.publish(CreditReserved.from({ orderId: message.data.orderId }));
 *   });
 * ```
 */
export function consumer<const Types extends readonly MessageType[]>({
  name,
  accepts,
}: ConsumerOptions<Types>): Consumer<Types> {
  const middlewares: MessageMiddleware[] = [];
  const built: Consumer<Types> = {
    use<More>(middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[]) {
      middlewares.push(...([middleware].flat() as MessageMiddleware[]));
      return built as Consumer<Types, More>;
    },
    handler(work) {
      const chain = messageChain({ accepts, middlewares, work });
      const queue = subscription(name);
      const table = environment("EVIDENCE_TABLE");
      const ledger = runLedger({ table });
      return observed(name, middlewares, async function handleBatch({ Records: records }: SQSEvent, context) {
        const deadlineMs = queue.deadlineMs(context);
        const queueName = queueNameOf(records[0]);
        const inOrder = isFifo(queueName);
        const order = inOrder ? keyOrder({ holds: holds({ table, queueName }), records }) : noOrder;
        const lotOf = inOrder ? ({ record }: Received) => groupOf(record) : keyOf;
        const received = inOrder ? inSequence(records.map(receive), placeOf) : records.map(receive);
        const failures = await processIsolated(received, {
          ledger,
          inOrder,
          lotOf,
          isDone: wasDone,
          recordOf: ({ record }) => record,
          forget: (items) => queue.forget(items.map(({ record }) => record)),
          process: (items) => processBatch(items, { deadlineMs, inOrder, keyOf: lotOf, work: settle }),
        });
        if (failures.length > 0) count(metricNames.batchItemFailures, failures.length);
        return {
          batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })),
        } satisfies SQSBatchResponse;

        async function wasDone({ record, envelope }: Received): Promise<boolean> {
          if (envelope instanceof Park) return false;
          const unit = unitOfWork({ producer: name, cause: envelope });
          const delivery = { consumer: name, message: envelope, letter: letterOf(record), unit, deadlineMs };
          if (!(await isDone(delivery, middlewares))) return false;
          aboutMessage(envelope, () => log("info", "DUPLICATE", fieldsOf(name, record)));
          return true;
        }

        async function settle({ record, envelope }: Received): Promise<boolean> {
          const failure = inOrder ? failureInOrder(record) : {};
          const settled = await about(envelope, () => acknowledge(record, envelope, queue, run, failure));
          if (!settled) await ledger.note(record, "ended");
          return settled;

          async function run(message: Envelope): Promise<Outcome> {
            await order.admit(record);
            if ((failure.attempt ?? 1) > queue.attemptsMax) throw new RetryLater("RUN_NOT_ENDED"); // nor will this one
            const letter = letterOf(record);
            const outcome = await deliver(chain, { consumer: name, message, letter, deadlineMs }, context);
            await order.lift(record);
            return outcome;
          }
        }

        function failureInOrder(record: SQSRecord): Failure {
          const inTurn = received.map((one) => one.record);
          return {
            attempt: ledger.attempt(record),
            beforePark: ({ code }) => (code === gapCode ? order.lift(record) : order.hold(record)),
            behind: inTurn
              .slice(inTurn.indexOf(record) + 1)
              .filter((later) => groupOf(later) === groupOf(record)),
          };
        }
      });
    },
  };
  return built;
}

interface Received {
  readonly record: SQSRecord;
  readonly envelope: Envelope | Park;
}

function receive(record: SQSRecord): Received {
  try {
    return { record, envelope: readEnvelope(record.body) };
  } catch (error) {
    if (error instanceof Park) return { record, envelope: error };
    throw error;
  }
}

function letterOf(record: SQSRecord): Letter {
  return {
    body: record.body,
    attributes: Object.fromEntries(
      Object.entries(record.messageAttributes).map(([name, { stringValue }]) => [name, stringValue]),
    ),
    queueName: queueNameOf(record),
    receiveCount: Number(record.attributes.ApproximateReceiveCount),
  };
}

function queueNameOf(record: SQSRecord | undefined): string {
  return record?.eventSourceARN.split(":").at(-1) ?? "";
}

function fieldsOf(consumer: string, record: SQSRecord) {
  return { consumer, receiveCount: Number(record.attributes.ApproximateReceiveCount) };
}

function about<Result>(envelope: Envelope | Park, work: () => Promise<Result>): Promise<Result> {
  return envelope instanceof Park ? work() : duringMessage(envelope, work);
}

function placeOf({ record, envelope }: Received) {
  return envelope instanceof Park ? undefined : { group: groupOf(record), message: envelope };
}

/** Copies of one message run one after the other: the second then meets the evidence of the first. */
function keyOf({ record, envelope }: Received): string {
  return envelope instanceof Park ? record.messageId : JSON.stringify([envelope.source, envelope.id]);
}

/** True when the queue may forget the record. */
async function acknowledge(
  record: SQSRecord,
  envelope: Envelope | Park,
  queue: Subscription,
  run: (message: Envelope) => Promise<Outcome>,
  failure: Failure,
): Promise<boolean> {
  const fields = fieldsOf(queue.consumer, record);
  try {
    if (envelope instanceof Park) throw envelope;
    const outcome = await run(envelope);
    if (outcome.kind === "lost") log("warn", "LOST", { ...fields, errorCode: outcome.errorCode });
    else log("info", outcome.kind === "done" ? "PROCESSED" : "DUPLICATE", fields);
    return true;
  } catch (error) {
    return queue.fail(record, error, fields, failure);
  }
}
