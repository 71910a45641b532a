// Step 1 of an at-most-once flow: send and forget. No outbox, no second attempt, and the caller is never held up
// by a message that may be lost.
//
//   G9. One attempt, so the message is sent zero times or once by this call; what may be lost is counted.
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { sqsOnce } from "../aws/sqs-client.ts";
import { nowIso } from "../core/clock.ts";
import { newId } from "../core/ids.ts";
import { Park } from "../core/outcome.ts";
import { asciiJson, checkOutgoing, type Envelope } from "../envelope/envelope.ts";
import { type Draft, outgoing } from "../envelope/message-type.ts";
import { log } from "../observe/log.ts";
import { aboutMessage, currentMessage } from "../observe/scope.ts";
import { childTraceparent, invocationTrace, traceHeaderOf, traceparentOf } from "../observe/trace.ts";
import type { Sign } from "../trust/signature.ts";
import { stringAttributes } from "./send.ts";

export interface SendOnceOptions {
  /** The name of the function that sends: the `source` of the message. */
  readonly producer: string;
  /** Of one attempt (`maxAttempts: 1`); by default the client of this process that is. */
  readonly client?: SQSClient;
  /** Signs the message, for a queue whose consumer asks for it; absent sends it unsigned. */
  readonly sign?: Sign;
}

/**
 * Tries once to send a message straight to a queue. It never throws; a failure is logged as LOST.
 * ```ts
 * await sendOnce(environment("ORDER_VIEWS_QUEUE_URL"), OrderViewed.from({ orderId }), { producer: "show-order" });
 * ```
 */
export async function sendOnce(
  queueUrl: string,
  draft: Draft,
  { producer, client = sqsOnce(), sign }: SendOnceOptions,
): Promise<void> {
  let message = firstOfItsFlow(draft, `/${producer}`);
  try {
    const { data, partitionkey } = await outgoing(draft);
    message = { ...message, data, partitionkey };
    checkOutgoing(message);
    const body = asciiJson(message);
    const attributes = sign && stringAttributes(await sign({ body, envelope: message }, queueUrl));
    const traceHeader = traceHeaderOf(message);
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: attributes,
        ...(traceHeader && { MessageSystemAttributes: stringAttributes({ AWSTraceHeader: traceHeader }) }),
      }),
    );
  } catch (error) {
    // Perhaps only the answer was lost: counted as lost all the same, for nobody will look.
    const told =
      error instanceof Park
        ? { errorCode: error.code, reasonDetail: error.detail }
        : { errorCode: nameOf(error) };
    aboutMessage(message, () => log("warn", "LOST", told));
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function firstOfItsFlow({ type, data, partitionkey }: Draft, source: string): Envelope {
  const id = newId();
  const traceparent = traceparentHere(source);
  return {
    specversion: "1.0",
    id,
    source,
    type,
    time: nowIso(),
    datacontenttype: "application/json",
    partitionkey,
    correlationid: id,
    ...(traceparent && { traceparent }),
    hops: 0,
    data,
  };
}

/** The message begins a flow of its own, in the trace of the message or request that its sender is handling. */
function traceparentHere(source: string): string | undefined {
  const message = currentMessage();
  if (message) return childTraceparent(message, source);
  const trace = invocationTrace();
  return trace && traceparentOf(trace);
}
