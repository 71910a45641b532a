// The SDK alone: the clients and commands that a consumer of the kit has in its bundle, and nothing around them.
import {
  BatchGetItemCommand,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({});
const secretsManager = new SecretsManagerClient({});

// biome-ignore lint/suspicious/noExplicitAny: never run; it keeps what it names in the bundle
export async function handler(event: any): Promise<unknown> {
  return Promise.all([
    dynamodb.send(new BatchGetItemCommand(event)),
    dynamodb.send(new GetItemCommand(event)),
    dynamodb.send(new PutItemCommand(marshall(event) as never)),
    dynamodb.send(new TransactWriteItemsCommand(event)),
    dynamodb.send(new UpdateItemCommand(unmarshall(event) as never)),
    sqs.send(new ChangeMessageVisibilityBatchCommand(event)),
    sqs.send(new DeleteMessageBatchCommand(event)),
    sqs.send(new SendMessageCommand(event)),
    secretsManager.send(new GetSecretValueCommand(event)),
  ]).catch((error) => error instanceof DynamoDBServiceException);
}
