// Who is measured: a Lambda handler for batches of deposits, made anew for each measurement.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";

export interface Contender {
  readonly name: string;
  /** What it promises, in few words: a cheaper row may promise less. */
  readonly promises: string;
  /** A handler as a fresh process would make it, over its own client. */
  make(): Promise<Running>;
}

export interface Running {
  readonly handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  /** The client that all its calls to DynamoDB go through. */
  readonly client: DynamoDBClient;
  /** That of its calls to SQS, if it makes any. */
  readonly sqsClient?: SQSClient;
}
