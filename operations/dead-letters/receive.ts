// A page of a dead-letter queue, with all that a message carries beside its text.

import { type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
export const receiveMax = 10;

export async function receive(
  sqs: SQSClient,
  queueUrl: string,
  visibilitySeconds: number,
): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: receiveMax,
      VisibilityTimeout: visibilitySeconds,
      WaitTimeSeconds: 1, // a short poll asks a sample of the servers and may miss messages
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["MessageGroupId", "SentTimestamp", "AWSTraceHeader"],
    }),
  );
  return Messages;
}
