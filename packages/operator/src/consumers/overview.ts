// The state of each consumer: whether it receives messages, how many wait for it, and how long SQS keeps them.
//
//   G6. A message that is sent during a pause is kept for the whole retention. Nothing is said about older ones: they may have
//   waited through an earlier pause, or never have been received.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { ConsumerQueue } from "../dead-letters/consumer-queues.ts";
import { messagesIn } from "../routes/queues.ts";
import { type Mapping, mappingsOf } from "./mapping.ts";
import { type Pause, pauseRecords } from "./pause-record.ts";

export interface Clients {
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
  readonly lambda: LambdaClient;
}

export interface ConsumerState {
  readonly name: string;
  /** Lambda's word, or `missing`. Of several mappings with different states: each, as in `Enabled, Disabled`. */
  readonly state: string;
  readonly messages: number;
  readonly pause?: Pause;
  /** Of the queue, in ms. */
  readonly retentionMs: number;
}

/** SQS keeps messages for four days unless told otherwise. */
const retentionDefaultSeconds = 345_600;

export async function stateOf(clients: Clients, queue: ConsumerQueue): Promise<ConsumerState> {
  const [mappings, messages, pause, retentionMs] = await Promise.all([
    mappingsOf(clients, queue),
    messagesIn(clients.sqs, queue.queueUrl),
    pauseRecords(clients.dynamodb).read(queue),
    retentionOf(clients.sqs, queue),
  ]);
  return {
    name: queue.name,
    state: [...new Set(mappings.map(({ state }) => state))].join(separator) || missing,
    messages,
    retentionMs,
    ...(pause && { pause }),
  };
}

const missing = "missing";
const separator = ", ";

/** Whether nothing is received, whoever wanted that. */
export function isStopped({ state }: Pick<ConsumerState, "state">): boolean {
  return state.split(separator).every(isStoppedIn);
}

/** Whether one of several mappings does not receive. */
export function isPartlyStopped({ state }: Pick<ConsumerState, "state">): boolean {
  return state.split(separator).some(isStoppedIn);
}

export function isOff({ state }: Pick<Mapping, "state">): boolean {
  return ["Disabled", "Disabling"].includes(state);
}

function isStoppedIn(state: string): boolean {
  return state === missing || isOff({ state });
}

async function retentionOf(sqs: SQSClient, { queueUrl }: ConsumerQueue): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["MessageRetentionPeriod"] }),
  );
  return Number(Attributes?.MessageRetentionPeriod ?? retentionDefaultSeconds) * 1_000;
}
