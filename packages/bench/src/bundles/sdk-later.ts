// The part of the SDK that the kit loads with the first failure or redelivery, and the comparison as late.
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

const sqs = new SQSClient({});

// biome-ignore lint/suspicious/noExplicitAny: never run; it keeps what it names in the bundle
export async function requests(event: any): Promise<unknown[]> {
  const { objects } = await import("./sdk-parked.ts");
  return [
    ...objects(event),
    new BatchGetItemCommand(event),
    new DeleteItemCommand(event),
    new PutItemCommand(event),
    new UpdateItemCommand(event),
    sqs.send(new ChangeMessageVisibilityBatchCommand(event)),
    sqs.send(new DeleteMessageBatchCommand(event)),
    sqs.send(new SendMessageCommand(event)),
  ];
}
