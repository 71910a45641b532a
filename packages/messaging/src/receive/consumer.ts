// Step 3 of 4: queue → effect. A message may arrive many times; its effect happens once.
//
//   G5. A record's failure is its own.
//   G6. What cannot be processed is parked with its reason; nothing else leaves the queue undone.
//
// This file handles the first delivery of messages of a standard queue. The other cases have files of their own, loaded
// when first needed: an order (queue-order.ts), redeliveries (redelivery.ts), failures (failed-record.ts). If such a
// file cannot be loaded, the batch or the record fails and is redelivered.
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { processBatch } from "../aws/batch.ts";
import { deliver, type MessageMiddleware } from "../commit/delivery.ts";
import { attemptOf, isRedelivered, type Received, receive, sqsMessageOf } from "../commit/received.ts";
import { metricNames } from "../core/metric-names.ts";
import { Park, RetryLater } from "../core/outcome.ts";
import { type Contract, checkDeployed } from "../envelope/contract.ts";
import { deadlineOf, type Subscription, subscription } from "../envelope/subscription.ts";
import { log } from "../observe/log.ts";
import { count } from "../observe/metrics.ts";
import { duringMessage } from "../observe/scope.ts";
import type { ProcessPart } from "./batch-memory.ts";
import { messageChain, type Work } from "./chain.ts";
import { observed } from "./observed.ts";
import { queueOrder } from "./queue-order.ts";

export interface Consumer<Of extends Contract, Added = unknown> {
  /**
   * Adds a middy middleware, or a list of them, around each message, outermost first; the handler's context has
   * what it adds.
   */
  use<More>(
    middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[],
  ): Consumer<Of, Added & More>;
  /** The Lambda handler for an SQS event source mapping with `ReportBatchItemFailures`. */
  handler(work: Work<Of, void, Added>): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
}

/**
 * A consumer of a queue.
 * ```ts
 * export const handler = consumer(reserveCredit)
 *   .use(guards())
 *   .use(idempotency({ evidence: rows() }))
 *   .handler(async (message, unit) => {
 *     unit.write(accounts.save({ ...account, available }));
 *     unit.publish(CreditReserved.from({ orderId: message.data.orderId }));
 *   });
 * ```
 */
export function consumer<Of extends Contract>(contract: Of): Consumer<Of> {
  const { name } = contract;
  const middlewares: MessageMiddleware[] = [];
  const built: Consumer<Of> = {
    use<More>(middleware: MessageMiddleware<More> | readonly MessageMiddleware<More>[]) {
      middlewares.push(...([middleware].flat() as MessageMiddleware[]));
      return built as Consumer<Of, More>;
    },
    handler(work) {
      checkDeployed(contract);
      const { from } = contract;
      const used = from ? from.own(middlewares) : middlewares;
      for (const { relayed } of used) relayed?.();
      const chain = messageChain({ contract, middlewares: used, work });
      const queue = subscription(name, contract);
      return observed(name, middlewares, async function handleBatch({ Records: all }: SQSEvent, context) {
        const deadlineMs = deadlineOf(context);
        const failed = await withinMemory(all, queue, (records) =>
          processPart(records, { deadlineMs, context }),
        );
        if (failed.length > 0) count(metricNames.batchItemFailures, failed.length);
        return {
          batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })),
        } satisfies SQSBatchResponse;
      });

      async function processPart(
        records: readonly SQSRecord[],
        { deadlineMs, context }: { readonly deadlineMs: number; readonly context: Context },
      ): Promise<SQSRecord[]> {
        const settling = new Set<Received>();
        const received = from ? from.receive(records) : records.map(receive);
        const order = await queueOrder(queue, received, authenticate);
        const failures = records.some(isRedelivered)
          ? await processRedelivered()
          : await process(order.received);
        return failures.map(({ record }) => record);

        async function authenticate(item: Received): Promise<void> {
          const { authenticateMessage } = await import("../trust/authenticate.ts");
          return authenticateMessage(item, used, { consumer: name, deadlineMs });
        }

        function process(items: readonly Received[]): Promise<Received[]> {
          const { inOrder, keyOf } = order;
          return processBatch(items, { deadlineMs, inOrder, keyOf, work: settle, unfinished });
        }

        async function processRedelivered(): Promise<Received[]> {
          const redelivery = await import("./redelivery.ts");
          return redelivery.processRedelivered({ queue, order, middlewares: used, deadlineMs, process });
        }

        /** True when the queue may forget the record. */
        async function settle(item: Received): Promise<boolean> {
          const { envelope } = item;
          return envelope instanceof Park
            ? acknowledge(item)
            : duringMessage(envelope, () => acknowledge(item));
        }

        async function acknowledge(item: Received): Promise<boolean> {
          try {
            await run(item);
            return true;
          } catch (error) {
            return settleFailure(item, error);
          }
        }

        /** A handler that never ends: its message counts as tried, and is parked when that was its last attempt. */
        async function unfinished(item: Received, ranMs: number): Promise<boolean> {
          const { envelope } = item;
          if (settling.has(item)) return false;
          const { runUnfinished } = await import("./failed-record.ts");
          const settleIt = () => settleFailure(item, runUnfinished(ranMs));
          return envelope instanceof Park ? settleIt() : duringMessage(envelope, settleIt);
        }

        async function settleFailure(item: Received, error: unknown): Promise<boolean> {
          settling.add(item);
          try {
            const failed = await import("./failed-record.ts");
            return await failed.settleFailure(queue, item.record, error, order.failureOf(item));
          } catch (cause) {
            const errorCode = cause instanceof Error ? cause.name : typeof cause;
            log("warn", "FAILURE_NOT_SETTLED", { consumer: name, errorCode });
            return false; // SQS redelivers it when its visibility timeout expires
          }
        }

        async function run(item: Received): Promise<void> {
          const { record, envelope: message } = item;
          if (message instanceof Park) throw message;
          await order.admit(item);
          if (attemptOf(record) > queue.attemptsMax) throw new RetryLater("RUN_NOT_ENDED"); // nor will this one
          const sqsMessage = sqsMessageOf(record);
          const outcome = await deliver(chain, { contract, message, sqsMessage, deadlineMs }, context);
          await order.lift(item);
          const fields = { consumer: name, receiveCount: sqsMessage.receiveCount };
          if (outcome.kind === "lost") log("warn", "LOST", { ...fields, errorCode: outcome.errorCode });
          else log("info", outcome.kind === "done" ? "PROCESSED" : "DUPLICATE", fields);
        }
      }
    },
  };
  return built;
}

/** Shorter batches fit any function's memory, whatever they are made of: see batch-memory.ts. Characters. */
const batchFitsMax = 1_000_000;

async function withinMemory(
  records: readonly SQSRecord[],
  queue: Subscription,
  process: ProcessPart,
): Promise<readonly SQSRecord[]> {
  let characters = 0;
  for (const { body } of records) characters += body.length;
  if (characters <= batchFitsMax) return process(records);
  return (await import("./batch-memory.ts")).processWithinMemory(records, queue, process);
}
