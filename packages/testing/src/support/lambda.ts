// Events and contexts as Lambda gives them to a handler.

import { newId } from "@essentially-once/messaging/ids";
import type { APIGatewayProxyEventV2, Context, SQSEvent, SQSRecord } from "aws-lambda";

export function aContext({ remainingMs = 5_000 }: { remainingMs?: number } = {}): Context {
  const endsAt = Date.now() + remainingMs;
  return {
    awsRequestId: newId(),
    callbackWaitsForEmptyEventLoop: false,
    functionName: "tested",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:tested",
    memoryLimitInMB: "128",
    logGroupName: "/aws/lambda/tested",
    logStreamName: "tested",
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

export function anSqsRecord(
  body: string,
  {
    receiveCount = 1,
    queueName = "tested",
    group,
  }: { receiveCount?: number; queueName?: string; group?: string } = {},
): SQSRecord {
  return {
    messageId: newId(),
    receiptHandle: "a receipt that no queue gave",
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: "1767225600000",
      SenderId: "tests",
      ApproximateFirstReceiveTimestamp: "1767225600000",
      ...(group !== undefined && { MessageGroupId: group }),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
    awsRegion: "us-east-1",
  };
}

export function anSqsEvent(...records: SQSRecord[]): SQSEvent {
  return { Records: records };
}

export function aPost(body: unknown, headers: Record<string, string> = {}): APIGatewayProxyEventV2 {
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/",
    rawQueryString: "",
    headers,
    requestContext: {
      accountId: "000000000000",
      apiId: "tested",
      domainName: "tested.lambda-url.us-east-1.on.aws",
      domainPrefix: "tested",
      http: { method: "POST", path: "/", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "tests" },
      requestId: newId(),
      routeKey: "$default",
      stage: "$default",
      time: "01/Jan/2026:00:00:00 +0000",
      timeEpoch: 1_767_225_600_000,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: false,
  };
}
