// Requests and capacity units → dollars. What the bench counts of a message, times the list price; what the event
// source mapping asks of SQS is added, since no meter of ours sees it.
import { limits } from "./limits.ts";
import { prices } from "./prices.ts";

/** What one consumer asks for, for each message that it processes. */
export interface ConsumerUse {
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Sent by the consumer itself: parking, delaying. */
  readonly sqsRequests: number;
  readonly messagesPerInvocation: number;
  readonly invocationMs: number;
  readonly memoryMegabytes: number;
  readonly fifo?: boolean;
}

/** What the way of its outgoing message to the next queue costs. */
export interface RelayUse {
  readonly writeUnits: number;
  readonly sqsRequests: number;
}

export interface Dollars {
  readonly dynamodb: number;
  readonly lambda: number;
  readonly sqs: number;
  readonly total: number;
}

/** For one message, from the queue to its effect and to the next queue. */
export function dollarsPerMessage(use: ConsumerUse, relay: RelayUse): Dollars {
  const dynamodb =
    (use.writeUnits + relay.writeUnits) * prices.writeUnit.dollars + use.readUnits * prices.readUnit.dollars;
  const sqsRequest = use.fifo ? prices.sqsFifoRequest.dollars : prices.sqsRequest.dollars;
  const sqs = (use.sqsRequests + relay.sqsRequests + mappingRequests(use)) * sqsRequest;
  const lambda = invocationDollars(use) / use.messagesPerInvocation;
  return { dynamodb, lambda, sqs, total: dynamodb + lambda + sqs };
}

export function invocationDollars({ invocationMs, memoryMegabytes }: ConsumerUse): number {
  const gigabyteSeconds = (memoryMegabytes / 1_024) * (invocationMs / 1_000);
  return prices.lambdaRequest.dollars + gigabyteSeconds * prices.lambdaGigabyteSecond.dollars;
}

/** Received and deleted by the mapping, ten at a time and an invocation at a time. */
function mappingRequests({ messagesPerInvocation }: ConsumerUse): number {
  const batches = Math.ceil(messagesPerInvocation / limits.sqsBatchEntries.value);
  return (2 * batches) / messagesPerInvocation;
}
