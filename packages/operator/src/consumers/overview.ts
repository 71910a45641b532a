// The state of each consumer: whether it receives messages, how many wait for it, and until when SQS keeps them.
//
//   G6. A running consumer parks a message at seven eighths of the retention, so for an eighth of it after a pause nothing can
//   expire; what is sent during the pause is kept for the whole retention.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { lastTryShare } from "@essentially-once/messaging/internal/core/retry";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";
import { messagesIn } from "../routes/queues.ts";
import { mappingOf } from "./mapping.ts";
import { type Pause, pauseRecords } from "./pause-record.ts";

export interface Clients {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
}

export interface ConsumerState {
  readonly name: string;
  /** Lambda's word, or `missing`. */
  readonly state: string;
  readonly messages: number;
  readonly pause?: Pause;
  /** Of the queue, in ms. */
  readonly retentionMs: number;
  /** Before that no message is lost, in ms since the epoch; absent for one that is not paused. */
  readonly keptUntilMs?: number;
}

/** SQS keeps messages for four days unless told otherwise. */
const retentionDefaultSeconds = 345_600;

export async function stateOf(clients: Clients, queue: ConsumerQueue): Promise<ConsumerState> {
  const [mapping, messages, pause, retentionMs] = await Promise.all([
    mappingOf(clients, queue),
    messagesIn(clients.sqs, queue.queueUrl),
    pauseRecords(clients.dynamodb).read(queue),
    retentionOf(clients.sqs, queue),
  ]);
  return {
    name: queue.name,
    state: mapping?.state ?? "missing",
    messages,
    retentionMs,
    ...(pause && {
      pause,
      keptUntilMs: Date.parse(pause.at) + Math.floor(retentionMs * (1 - lastTryShare)),
    }),
  };
}

/** Whether nothing is received, whoever wanted that. */
export function isStopped({ state }: Pick<ConsumerState, "state">): boolean {
  return ["Disabled", "Disabling", "missing"].includes(state);
}

async function retentionOf(sqs: SQSClient, { queueUrl }: ConsumerQueue): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["MessageRetentionPeriod"] }),
  );
  return Number(Attributes?.MessageRetentionPeriod ?? retentionDefaultSeconds) * 1_000;
}
