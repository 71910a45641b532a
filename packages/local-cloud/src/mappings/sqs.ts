// SQS event source mapping: queue → batch → function → delete what succeeded.
//
//   Messages that succeeded are deleted after the function's response. After an error, a timeout or a crash, messages stay:
//   they are redelivered when their visibility timeout ends. At most `maximumConcurrency` batches are in flight, and nothing
//   is received while all are busy, so no message uses up a receive without being processed.
//
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html

import type { Message, SQSClient } from "@aws-sdk/client-sqs";
import { changeVisibility, deleteMessages } from "@essentially-once/messaging/internal/aws/sqs-batch";
import type { SQSEvent } from "aws-lambda";
import type { Emit } from "../model/events.ts";
import type { Invoke } from "../model/invocation.ts";
import type { SqsMapping } from "../model/model.ts";
import { failedIdentifiers } from "./batch-response.ts";
import { batchesOf } from "./batches.ts";
import { type EventSource, troubleLine, waitUnlessStopped } from "./event-source.ts";
import { receiveBatch } from "./sqs-receive.ts";
import { receiveCountOf, sqsRecord } from "./sqs-record.ts";
import { redeliveries } from "./sqs-redeliveries.ts";

/** Without a maximum of its own a mapping starts with five concurrent batches; locally it stays there. */
const CONCURRENCY_WITHOUT_MAXIMUM = 5;
const TROUBLE_PAUSE_MS = 1000;

export interface SqsMappingOptions {
  readonly mapping: SqsMapping;
  /** Construct path of the function, for events. */
  readonly functionPath: string;
  readonly sqs: SQSClient;
  readonly invoke: Invoke;
  readonly onEvent: Emit;
  /** Absent: their visibility timeout decides, as on AWS. */
  readonly hiddenMsAfterDeath?: number | undefined;
}

export function startSqsMapping({
  mapping,
  functionPath,
  sqs,
  invoke,
  onEvent,
  hiddenMsAfterDeath,
}: SqsMappingOptions): EventSource {
  const stopping = new AbortController();
  const { signal } = stopping;
  const inFlight = new Set<Promise<void>>();
  const history = redeliveries({ functionPath, onEvent });
  const polling = poll();

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      await room();
      const received = await receiveBatch({ mapping, sqs, signal }).catch(async (error: unknown) => {
        report(`receiving from ${mapping.queueUrl} failed`, error);
        await waitUnlessStopped(TROUBLE_PAUSE_MS, signal);
        return [];
      });
      for (const batch of batchesOf(received, mapping.batchSize)) {
        await room();
        const delivery = deliver(batch).finally(() => inFlight.delete(delivery));
        inFlight.add(delivery);
      }
    }
  }

  async function room(): Promise<void> {
    while (inFlight.size >= (mapping.maximumConcurrency ?? CONCURRENCY_WITHOUT_MAXIMUM)) {
      await Promise.race(inFlight);
    }
  }

  async function deliver(batch: readonly Message[]): Promise<void> {
    history.received(batch);
    const event: SQSEvent = { Records: batch.map((message) => sqsRecord(message, mapping.queueArn)) };
    const result = await invoke(mapping.functionArn, event, {
      records: batch.length,
      attempt: Math.max(...batch.map(receiveCountOf)),
    });
    if (result.outcome !== "ok") {
      history.failed(batch, result.outcome);
      return hide(batch);
    }
    const failed = failedIdentifiers({
      response: result.response,
      identifiers: event.Records.map(({ messageId }) => messageId),
      reportBatchItemFailures: mapping.reportBatchItemFailures,
    });
    const hasFailed = ({ MessageId = "" }: Message) => failed.has(MessageId);
    history.failed(batch.filter(hasFailed), "returned");
    await remove(batch.filter((message) => !hasFailed(message)));
  }

  /** For less than their visibility timeout, but not before an invocation that may have them must have ended. */
  async function hide(batch: readonly Message[]): Promise<void> {
    if (hiddenMsAfterDeath === undefined) return;
    const seconds = Math.ceil(hiddenMsAfterDeath / 1_000);
    const hidden = batch.map(({ ReceiptHandle: receiptHandle = "" }) => ({ receiptHandle, seconds }));
    await changeVisibility(sqs, mapping.queueUrl, hidden); // of one that is refused, the visibility timeout decides
  }

  /** A message whose delete is lost is redelivered: SQS delivers at least once. */
  async function remove(done: readonly Message[]): Promise<void> {
    history.done(done);
    const receipts = done.map(({ ReceiptHandle: receiptHandle = "" }) => ({ receiptHandle }));
    const [kept] = await deleteMessages(sqs, mapping.queueUrl, receipts);
    if (kept) report(`deleting from ${mapping.queueUrl} failed`, kept.code);
  }

  function report(what: string, error: unknown): void {
    onEvent({ kind: "log", path: functionPath, requestId: "event-source", line: troubleLine(what, error) });
  }

  return {
    stop: async () => {
      stopping.abort();
      await polling;
      await Promise.all(inFlight);
    },
  };
}
