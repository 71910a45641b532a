// One dead letter → the queue it came from.
//
//   G6. Sent first, deleted then: a crash in between leaves a copy, never a hole, and the consumer's evidence
//       absorbs the copy. The body is the original, byte for byte, so the envelope keeps its identity.
//   G7. Its attributes go with it, among them its signature, which is for this queue and this body.

import { DeleteMessageCommand, type Message, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { derivedId } from "@essentially-once/messaging/ids";
import { groupIdOf, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { ConsumerQueue } from "./consumer-queues.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { idBeside, messageOf } from "./original-form.ts";

export async function sendBack(
  sqs: SQSClient,
  queue: Pick<ConsumerQueue, "queueUrl" | "from">,
  deadLetter: DeadLetter,
): Promise<void> {
  const { body, copies } = deadLetter;
  const [copy] = copies;
  const trace = copy?.Attributes?.AWSTraceHeader;
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.queueUrl,
      MessageBody: body,
      MessageAttributes: { ...cameWith(copy ?? {}), ...idBeside(queue, deadLetter) },
      ...(trace !== undefined && {
        MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: trace } },
      }),
      ...groupFields(queue, deadLetter),
    }),
  );
}

/** @param deleted gets each copy that is gone */
export async function remove(
  sqs: SQSClient,
  { deadLetterQueueUrl }: Pick<ConsumerQueue, "deadLetterQueueUrl">,
  { copies }: Pick<DeadLetter, "copies">,
  deleted: Set<Message>,
): Promise<void> {
  for (const copy of copies) {
    const { ReceiptHandle } = copy;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle }));
    deleted.add(copy);
  }
}

function groupFields(queue: Pick<ConsumerQueue, "queueUrl" | "from">, deadLetter: DeadLetter) {
  const { group, copies } = deadLetter;
  if (isFifo(queue.queueUrl)) return { MessageGroupId: group, MessageDeduplicationId: sendingId(copies) };
  const key = messageOf(queue, deadLetter)?.partitionkey;
  return key === undefined ? {} : { MessageGroupId: groupIdOf(key) }; // fair queues
}

/**
 * Names this dead letter and not its message: sent twice by two operators, or by a rerun, SQS takes it once in five
 * minutes; parked again it is another dead letter, and its redrive is not swallowed.
 */
function sendingId(copies: readonly Message[]): string {
  const [first = ""] = copies.map(({ MessageId = "" }) => MessageId).sort();
  return derivedId("redrive", first);
}
