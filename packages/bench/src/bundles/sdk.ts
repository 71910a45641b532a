// The SDK alone: the clients and commands that a consumer of the kit has in its bundle, and nothing around them. What
// the kit loads later is loaded later here, so that the difference of the two is the kit.
import {
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

const dynamodb = new DynamoDBClient({});
const secretsManager = new SecretsManagerClient({});

// biome-ignore lint/suspicious/noExplicitAny: never run; it keeps what it names in the bundle
export async function handler(event: any): Promise<unknown> {
  const { requests } = await import("./sdk-later.ts");
  return Promise.all([
    ...(await requests(event)),
    dynamodb.send(new GetItemCommand(unmarshall(event) as never)),
    dynamodb.send(new TransactWriteItemsCommand(marshall(event) as never)),
    secretsManager.send(new GetSecretValueCommand(event)),
  ]).catch((error) => error instanceof DynamoDBServiceException);
}
