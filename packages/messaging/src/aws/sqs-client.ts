// The SQS clients of this process, in a file of their own: a consumer needs one only for a failure or a redelivery, so
// a cold start does not load the SQS SDK.
import { SQSClient } from "@aws-sdk/client-sqs";
import { attemptsMax, http } from "./clients.ts";
import { watched } from "./in-flight.ts";
import { unlogged } from "./unlogged.ts";

let sqsClient: SQSClient | undefined;
let sqsOnceClient: SQSClient | undefined;

export function sqs(): SQSClient {
  sqsClient ??= watched(
    unlogged(
      new SQSClient({
        maxAttempts: attemptsMax,
        requestHandler: http,
        useQueueUrlAsEndpoint: false, // the queue URL names the queue; the endpoint variables name the server
      }),
    ),
  );
  return sqsClient;
}

/** For what may be lost: one attempt, no repair. */
export function sqsOnce(): SQSClient {
  sqsOnceClient ??= watched(
    new SQSClient({
      maxAttempts: 1,
      requestHandler: http,
      useQueueUrlAsEndpoint: false, // as above
    }),
  );
  return sqsOnceClient;
}
