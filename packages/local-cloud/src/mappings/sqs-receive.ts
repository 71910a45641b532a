// Gathers one batch from a queue: until it is full, too large, or its batching window ends.

import { type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { PAYLOAD_BYTES_MAX } from "../model/invocation.ts";
import type { SqsMapping } from "../model/model.ts";
import { waitUnlessStopped } from "./event-source.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const MESSAGES_A_RECEIVE = 10;
/**
 * Lambda waits 20 s. A receive is never aborted: SQS may already have handed out messages, which would stay invisible
 * for their whole visibility timeout. A stop waits for the receive instead, so the wait is short.
 */
const WAIT_SECONDS = 1;
const WINDOW_PAUSE_MS = 50;

/** Empty when nothing came. Never breaks off a receive. */
export async function receiveBatch({
  mapping,
  sqs,
  signal,
}: {
  readonly mapping: SqsMapping;
  readonly sqs: SQSClient;
  readonly signal: AbortSignal;
}): Promise<Message[]> {
  const batch = await receive(mapping.batchSize, WAIT_SECONDS);
  const windowEndsMs = Date.now() + mapping.batchWindowMs;
  while (batch.length > 0 && batch.length < mapping.batchSize && !isLarge(batch) && !signal.aborted) {
    const leftMs = windowEndsMs - Date.now();
    if (leftMs <= 0) break;
    const more = await receive(
      mapping.batchSize - batch.length,
      Math.min(WAIT_SECONDS, Math.floor(leftMs / 1000)),
    );
    batch.push(...more);
    if (more.length === 0) await waitUnlessStopped(Math.min(WINDOW_PAUSE_MS, leftMs), signal);
  }
  return batch;

  async function receive(count: number, WaitTimeSeconds: number): Promise<Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: mapping.queueUrl,
        MaxNumberOfMessages: Math.min(count, MESSAGES_A_RECEIVE),
        WaitTimeSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      }),
    );
    return Messages;
  }
}

function isLarge(batch: readonly Message[]): boolean {
  return batch.reduce((characters, { Body = "" }) => characters + Body.length, 0) >= PAYLOAD_BYTES_MAX;
}
