// Reads a whole queue without taking anything out of it: every message is received, held for a short while,
// and given back. A dead-letter queue has no redrive policy of its own, so receives cost a message nothing.
//
//   Of a FIFO queue it reads the first of each group only: SQS shows no more of a group while any of it is held.

import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

export interface Held {
  readonly messages: readonly Message[];
  /** Messages that another reader held when we began: they exist and are not among ours. */
  readonly heldByOthers: number;
  /** True when the bound was met before the end of the queue. */
  readonly more: boolean;
  /** Gives back all but the given ones, at once. Safe to call after some were deleted. */
  release(except?: ReadonlySet<Message>): Promise<void>;
}

export interface HoldOptions {
  /** If we die, the messages come back after this long. Long enough to read them all and act on them. */
  readonly visibilitySeconds?: number;
  readonly messagesMax?: number;
}

const RECEIVE_MAX = 10; // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html

export async function hold(sqs: SQSClient, queueUrl: string, options: HoldOptions = {}): Promise<Held> {
  const { visibilitySeconds = 30, messagesMax = 10_000 } = options;
  const heldByOthers = await inFlight(sqs, queueUrl);
  const byMessageId = new Map<string, Message>(); // a message that came back meanwhile counts once, newest receipt
  let more = false;
  for (let empty = false; !empty && !more; ) {
    const received = await receive(sqs, queueUrl, visibilitySeconds);
    const sizeBefore = byMessageId.size;
    for (const message of received) byMessageId.set(message.MessageId ?? "", message);
    empty = byMessageId.size === sizeBefore;
    more = byMessageId.size >= messagesMax;
  }
  const messages = [...byMessageId.values()];
  return {
    messages,
    heldByOthers,
    more,
    release: (except = new Set()) =>
      release(
        sqs,
        queueUrl,
        messages.filter((message) => !except.has(message)),
      ),
  };
}

async function receive(sqs: SQSClient, queueUrl: string, visibilitySeconds: number): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: RECEIVE_MAX,
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: 1, // a short poll asks a sample of the servers and may miss messages
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["MessageGroupId"],
    }),
  );
  return Messages;
}

async function release(sqs: SQSClient, queueUrl: string, messages: readonly Message[]): Promise<void> {
  for (let start = 0; start < messages.length; start += RECEIVE_MAX) {
    const batch = messages.slice(start, start + RECEIVE_MAX);
    await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: batch.map(({ ReceiptHandle }, index) => ({
          Id: `${index}`,
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }), // an entry that fails comes back by itself when its hold is over
    );
  }
}

async function inFlight(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ["ApproximateNumberOfMessagesNotVisible"],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0);
}
