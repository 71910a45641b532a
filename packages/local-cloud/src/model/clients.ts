// The SDK clients with which the local cloud itself talks to the engines.

import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { unlogged } from "@essentially-once/messaging/internal/aws/unlogged";
import type { Endpoints } from "./model.ts";

/** The region and the account that ARNs of the local cloud name; the account is the one fauxqs and LocalStack use. */
export const LOCAL_REGION = "us-east-1";
export const LOCAL_ACCOUNT = "000000000000";

/** Any pair is accepted by the engines; these are the ones LocalStack documents. */
export const LOCAL_CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" } as const;

export interface LocalClients {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly secretsManager: SecretsManagerClient;
  readonly dynamodb: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
}

export function localClients(endpoints: Endpoints): LocalClients {
  const shared = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  return {
    sqs: unlogged(
      new SQSClient({
        ...shared,
        endpoint: endpoints.sqs,
        useQueueUrlAsEndpoint: false, // an engine's queue URL may name a host that does not resolve
      }),
    ),
    s3: unlogged(new S3Client({ ...shared, endpoint: endpoints.s3, forcePathStyle: true })), // no DNS knows its buckets
    secretsManager: unlogged(new SecretsManagerClient({ ...shared, endpoint: endpoints.secretsManager })),
    dynamodb: unlogged(new DynamoDBClient({ ...shared, endpoint: endpoints.dynamodb })),
    streams: unlogged(new DynamoDBStreamsClient({ ...shared, endpoint: endpoints.dynamodb })),
  };
}

export function destroyClients({ sqs, s3, secretsManager, dynamodb, streams }: LocalClients): void {
  for (const client of [sqs, s3, secretsManager, dynamodb, streams]) client.destroy();
}
