// The explorer's own calls: a command of the SDK as the JSON that the SDK would make of it, and the answer as it came. A run
// makes as many of them as the code it explores, and has nothing to find in them.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import type { Endpoints } from "@essentially-once/local-cloud/internal/model/model";
import { exchange } from "./wire.ts";

export interface PlainClients {
  readonly dynamodb: Pick<DynamoDBClient, "send">;
  /** Bytes are not for it: an attribute of type B stays base64. */
  readonly sqs: Pick<SQSClient, "send">;
}

export function plainClients({ dynamodb, sqs }: Endpoints): PlainClients {
  return {
    dynamodb: plain<DynamoDBClient>(dynamodb, "DynamoDB_20120810"),
    sqs: plain<SQSClient>(sqs, "AmazonSQS"),
  };
}

/** The engines want to see a signature and look at none. */
export const unsigned: Readonly<Record<string, string>> = {
  authorization: `AWS4-HMAC-SHA256 Credential=${LOCAL_CREDENTIALS.accessKeyId}/20260101/${LOCAL_REGION}/any/aws4_request, SignedHeaders=host, Signature=0`,
  "x-amz-date": "20260101T000000Z",
};

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: unknown;
}

function plain<Client extends { send: unknown }>(endpoint: string, service: string): Pick<Client, "send"> {
  const { hostname, port } = new URL(endpoint);
  return {
    async send({ constructor: { name }, input }: Command): Promise<unknown> {
      const operation = name.replace(/Command$/, "");
      const { statusCode, body } = await exchange({
        hostname,
        port: Number(port),
        headers: {
          ...unsigned,
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": `${service}.${operation}`,
        },
        body: JSON.stringify(input),
      });
      const text = body.toString("utf8");
      if (statusCode !== 200) throw new Error(`${operation} was answered with ${statusCode}: ${text}`);
      return text === "" ? {} : JSON.parse(text);
    },
  } as unknown as Pick<Client, "send">;
}
