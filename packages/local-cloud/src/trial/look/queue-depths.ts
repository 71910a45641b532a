// How much waits in each queue, by SQS's own count.

import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ConsumerQueue } from "@essentially-once/operator/dead-letters/consumer-queues";

export interface QueueDepth {
  readonly consumer: string;
  readonly visible: number;
  /** Received and not yet acknowledged: being worked on, or waiting for its visibility timeout. */
  readonly inFlight: number;
  readonly delayed: number;
  /** Messages in the dead-letter queue. */
  readonly dead: number;
}

export function readDepths(sqs: SQSClient, queues: readonly ConsumerQueue[]): Promise<QueueDepth[]> {
  return Promise.all(queues.map((queue) => readDepth(sqs, queue)));
}

async function readDepth(sqs: SQSClient, queue: ConsumerQueue): Promise<QueueDepth> {
  const [source, dead] = await Promise.all([
    attributes(sqs, queue.queueUrl),
    attributes(sqs, queue.deadLetterQueueUrl),
  ]);
  return {
    consumer: queue.consumer,
    visible: source.visible,
    inFlight: source.inFlight,
    delayed: source.delayed,
    dead: dead.visible + dead.inFlight,
  };
}

async function attributes(sqs: SQSClient, queueUrl: string) {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ],
    }),
  );
  return {
    visible: Number(Attributes?.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
  };
}
