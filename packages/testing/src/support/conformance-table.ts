// A table of its own for a conformance test.

import {
  CreateTableCommand,
  DeleteTableCommand,
  type StreamViewType,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import { onTestFinished } from "vitest";
import { aName } from "./conformance-clients.ts";

export async function aTable(
  { dynamodb }: LocalClients,
  options: { readonly stream?: StreamViewType } = {},
): Promise<{ readonly TableName: string; readonly streamArn: string }> {
  const TableName = aName("table");
  const { TableDescription } = await dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      ...(options.stream && {
        StreamSpecification: { StreamEnabled: true, StreamViewType: options.stream },
      }),
    }),
  );
  onTestFinished(async () => void (await dynamodb.send(new DeleteTableCommand({ TableName }))));
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 1 }, { TableName });
  return { TableName, streamArn: TableDescription?.LatestStreamArn ?? "" };
}
