// The failure destination of a stream mapping: sends the metadata of discarded records to a queue.
//
//   The records themselves are not in it, as in AWS: they are read back from the stream, or from the table.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html

import { randomUUID } from "node:crypto";
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBRecord } from "aws-lambda";
import type { Emit } from "../model/events.ts";
import type { StreamMapping } from "../model/model.ts";
import type { StreamFailure } from "./stream-delivery.ts";
import { arrivalMs, sequenceNumberOf } from "./stream-record.ts";

type FailureOfShard = StreamFailure & { readonly shardId: string };

export function failureDestination(options: {
  readonly mapping: StreamMapping;
  readonly functionPath: string;
  readonly sqs: SQSClient;
  readonly onEvent: Emit;
  readonly report: (what: string, error: unknown) => void;
}): (failure: FailureOfShard) => Promise<void> {
  const { mapping, functionPath, sqs, onEvent, report } = options;
  return async function discard(failure) {
    const { reason, records } = failure;
    onEvent({ kind: "stream-failure", path: functionPath, reason, records: records.length });
    if (!mapping.onFailureQueueUrl) return;
    const MessageBody = JSON.stringify(invocationRecord(failure, mapping));
    try {
      await sqs.send(new SendMessageCommand({ QueueUrl: mapping.onFailureQueueUrl, MessageBody }));
    } catch (error) {
      report(`sending to the failure destination ${mapping.onFailureQueueUrl} failed`, error);
    }
  };
}

function invocationRecord(failure: FailureOfShard, { functionArn, streamArn }: StreamMapping) {
  const { reason, records, invocations, lastResult, shardId } = failure;
  const [first, last] = [records[0], records.at(-1)] as [DynamoDBRecord, DynamoDBRecord]; // there is always one
  return {
    requestContext: {
      requestId: lastResult?.requestId ?? randomUUID(),
      functionArn,
      condition: reason,
      approximateInvokeCount: invocations,
    },
    ...(lastResult && {
      responseContext: {
        statusCode: 200,
        executedVersion: "$LATEST",
        functionError: lastResult.outcome === "ok" ? null : "Unhandled",
      },
    }),
    version: "1.0",
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId,
      startSequenceNumber: sequenceNumberOf(first),
      endSequenceNumber: sequenceNumberOf(last),
      approximateArrivalOfFirstRecord: toTheSecond(arrivalMs(first)),
      approximateArrivalOfLastRecord: toTheSecond(arrivalMs(last)),
      batchSize: records.length,
      streamArn,
    },
  };
}

function toTheSecond(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
