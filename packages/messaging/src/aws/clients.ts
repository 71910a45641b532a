// The SDK clients of this process: made once, on first use, with deadlines, so that a hung socket fails a
// record and not the invocation.
//
// The endpoints come from the standard variables (AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL_DYNAMODB …); no code
// here knows whether they name AWS or a laptop. A client that a function does not use is not in its bundle.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { watched } from "./in-flight.ts";
import { unlogged } from "./unlogged.ts";

export const attemptsMax = 3;
export const http = {
  connectionTimeout: 1_000, // ms
  requestTimeout: 2_000, // ms
  throwOnRequestTimeout: true, // without it requestTimeout only logs
};

let dynamodbClient: DynamoDBClient | undefined;
let secretsManagerClient: SecretsManagerClient | undefined;

export function dynamodb(): DynamoDBClient {
  dynamodbClient ??= watched(
    unlogged(new DynamoDBClient({ maxAttempts: attemptsMax, requestHandler: http })),
  );
  return dynamodbClient;
}

export function secretsManager(): SecretsManagerClient {
  secretsManagerClient ??= new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { ...http, connectionTimeout: 900, requestTimeout: 900 }, // ms: two fit what a key ring waits
  });
  return secretsManagerClient;
}
