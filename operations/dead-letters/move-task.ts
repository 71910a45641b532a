// All of a dead-letter queue back to its source by SQS itself, unseen: nobody asks the evidence, so what was done is
// sent as well, and its consumer absorbs it.
//
//   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { UsageError } from "../usage-error.ts";
import type { ConsumerQueue } from "./consumer-queues.ts";

export interface Moved {
  readonly consumer: string;
  readonly status: string;
  readonly moved: number;
}

export interface MoveOptions {
  readonly rate: number;
  readonly onProgress?: (moved: Moved) => void;
  /** Returns when it is time to ask again. */
  readonly pause: () => Promise<void>;
}

/** @throws UsageError where the endpoint has no such task */
export async function moveUnseen(
  sqs: SQSClient,
  { consumer, deadLetterQueueUrl }: ConsumerQueue,
  { rate, onProgress, pause }: MoveOptions,
): Promise<Moved> {
  const SourceArn = await arnOf(sqs, deadLetterQueueUrl);
  await start(sqs, { SourceArn, MaxNumberOfMessagesPerSecond: rate });
  for (;;) {
    const { Results: [task] = [] } = await sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }),
    );
    const moved = movedOf(consumer, task);
    onProgress?.(moved);
    if (moved.status === "FAILED") {
      throw new Error(`${consumer}: SQS gave up after ${moved.moved} messages: ${task?.FailureReason}`);
    }
    if (moved.status !== "RUNNING") return moved;
    await pause();
  }
}

async function start(
  sqs: SQSClient,
  task: { SourceArn: string; MaxNumberOfMessagesPerSecond: number },
): Promise<void> {
  try {
    await sqs.send(new StartMessageMoveTaskCommand(task));
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : "";
    if (!/InvalidAction|UnsupportedOperation|NotImplemented|UnknownOperation/.test(name)) throw cause;
    throw new UsageError(
      `This endpoint has no StartMessageMoveTask (${name}): leave out --unseen, and they are sent one by one.`,
      { cause },
    );
  }
}

function movedOf(consumer: string, task: ListMessageMoveTasksResultEntry | undefined): Moved {
  return {
    consumer,
    status: task?.Status ?? "COMPLETED",
    moved: Number(task?.ApproximateNumberOfMessagesMoved ?? 0),
  };
}

async function arnOf(sqs: SQSClient, queueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  return Attributes?.QueueArn ?? "";
}
