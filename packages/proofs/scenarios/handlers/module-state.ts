// Remembers in its module how often it ran, and writes it down.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "@essentially-once/messaging/clients";
import type { SQSEvent } from "aws-lambda";

let runs = 0;

export async function handler({ Records: [record] }: SQSEvent): Promise<void> {
  runs++;
  const Item = { id: { S: record?.body ?? "" }, runs: { N: String(runs) } };
  await dynamodb().send(new PutItemCommand({ TableName: process.env.STATE_TABLE, Item }));
}
