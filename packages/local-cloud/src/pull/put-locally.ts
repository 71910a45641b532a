// The dead letter in the queue of this machine, as a redrive would send it, and what became of it there.
//
//   G7. A signature is for one queue: of a message whose signature the stage's keys made, a local key makes another. What
//   has none, or a wrong one, comes as it is, and is refused as on the stage.

import { ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";
import { type DeadLetter, deadLettersOf } from "@essentially-once/operator/dead-letters/dead-letter";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { keysOf, signerOf } from "@essentially-once/operator/internal/connect/signing";
import { idBeside, messageOf } from "@essentially-once/operator/internal/dead-letters/original-form";
import type { PullRequest } from "@essentially-once/operator/internal/dead-letters/pulled";
import { sendBack } from "@essentially-once/operator/internal/dead-letters/send-back";
import type { ClaimBucket } from "./claim-bucket.ts";

export async function putLocally(
  { queue, deadLetter, isSigned }: PullRequest,
  {
    local,
    own,
    claims,
  }: { readonly local: Connection; readonly own: ConsumerQueue; readonly claims: ClaimBucket },
): Promise<void> {
  const [copy = {}] = deadLetter.copies;
  const envelope = messageOf(queue, deadLetter);
  if (envelope?.dataref !== undefined) await claims.bring(envelope.dataref);
  const sign = isSigned ? signerOf(keysOf(local)) : undefined;
  const texts = sign && envelope ? await sign({ body: deadLetter.body, envelope }, own.queueUrl) : {};
  const signature = Object.entries(texts).map(([name, StringValue]) => [
    name,
    { DataType: "String", StringValue },
  ]);
  const { AWSTraceHeader } = copy.Attributes ?? {};
  await sendBack(local.sqs, own, {
    ...deadLetter,
    copies: [
      {
        ...(copy.MessageId !== undefined && { MessageId: copy.MessageId }),
        MessageAttributes: {
          ...cameWith(copy),
          ...idBeside(queue, deadLetter),
          ...Object.fromEntries(signature),
        },
        ...(AWSTraceHeader !== undefined && { Attributes: { AWSTraceHeader } }),
      },
    ],
  });
}

export async function parkedIn(
  sqs: SQSClient,
  { consumer, deadLetterQueueUrl }: ConsumerQueue,
): Promise<Pick<DeadLetter, "reason" | "detail"> | undefined> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageAttributeNames: ["All"] }),
  );
  return deadLettersOf(consumer, Messages)[0];
}
