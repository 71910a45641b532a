// Receives a page of a dead-letter queue, with all attributes of each message.

import { type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Restore } from "./restore.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const receiveMax = 10;

export interface ReceiveOptions {
  readonly visibilitySeconds: number;
  /** Makes a message whole whose body lies elsewhere. */
  readonly restore?: Restore | undefined;
}

export async function receive(
  sqs: SQSClient,
  queueUrl: string,
  { visibilitySeconds, restore = async (message) => message }: ReceiveOptions,
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: receiveMax,
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: waitSeconds(queueUrl),
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: [
        "MessageDeduplicationId",
        "MessageGroupId",
        "SentTimestamp",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
      ],
    }),
  );
  return Promise.all(Messages.map(restore));
}

/**
 * A short poll asks a sample of SQS's servers and may miss messages; what is emulated on this machine is in one place.
 *
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
 */
export function waitSeconds(queueUrl: string): number {
  const { hostname } = new URL(queueUrl);
  return hostname === "127.0.0.1" || /(^|\.)localhost$/.test(hostname) ? 0 : 1;
}
