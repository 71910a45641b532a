// The SQS clients of this process, apart from the others: a consumer needs one only when something fails or comes
// again, so its cold start does not load what this file imports.
import { SQSClient } from "@aws-sdk/client-sqs";
import { attemptsMax, http } from "./clients.ts";
import { watched } from "./in-flight.ts";

let sqsClient: SQSClient | undefined;
let sqsOnceClient: SQSClient | undefined;

export function sqs(): SQSClient {
  sqsClient ??= watched(
    new SQSClient({
      maxAttempts: attemptsMax,
      requestHandler: http,
      useQueueUrlAsEndpoint: false, // the queue URL names the queue; the endpoint variables name the server
    }),
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
