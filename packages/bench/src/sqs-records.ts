// Messages as they come from a queue: signed, in batches, with the context of an invocation.

import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { sign } from "@essentially-once/messaging/internal/trust/signature";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { queueName } from "./engines.ts";

export const keys = keyRing({
  load: async () => JSON.stringify({ current: "bench", bench: Buffer.alloc(32, 7).toString("base64") }),
});

export async function sqsRecord(envelope: Envelope, receiveCount = 1): Promise<SQSRecord> {
  const body = asciiJson(envelope);
  const signature = sign({ body, envelope, queueName }, await keys.current());
  return {
    messageId: newId(),
    receiptHandle: "a receipt that no queue gave",
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: String(Date.now()),
      SenderId: "bench",
      ApproximateFirstReceiveTimestamp: String(Date.now()),
    },
    messageAttributes: {
      Signature: {
        stringValue: signature,
        dataType: "String",
        stringListValues: [],
        binaryListValues: [],
      },
    },
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
    awsRegion: "us-east-1",
  };
}

/** The batch size of the sample, and the default of an SQS event source mapping. */
const batchSizeDefault = 10;

export function batches(records: readonly SQSRecord[], batchSize: number = batchSizeDefault): SQSEvent[] {
  const events: SQSEvent[] = [];
  for (let start = 0; start < records.length; start += batchSize) {
    events.push({ Records: records.slice(start, start + batchSize) });
  }
  return events;
}

export function invocation(remainingMs = 30_000): Context {
  const endsAt = Date.now() + remainingMs;
  return {
    awsRequestId: newId(),
    callbackWaitsForEmptyEventLoop: false,
    functionName: "bench",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:bench",
    memoryLimitInMB: "1024",
    logGroupName: "/aws/lambda/bench",
    logStreamName: "bench",
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}
