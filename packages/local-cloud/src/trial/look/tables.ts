// Reads whole tables, consistently: for the account afterwards, never on a message's way.

import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";

export async function readTable<Item>(dynamodb: DynamoDBClient, table: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const { Items = [] } of scan(dynamodb, { TableName: table })) {
    items.push(...Items.map((item) => unmarshall(item) as Item));
  }
  return items;
}

export async function countItems(dynamodb: DynamoDBClient, table: string): Promise<number> {
  let items = 0;
  for await (const { Count = 0 } of scan(dynamodb, { TableName: table, Select: "COUNT" })) items += Count;
  return items;
}

/** Rows of the outbox, and of that of older releases. */
export async function countRows(dynamodb: DynamoDBClient, output: (key: string) => string): Promise<number> {
  const tables = ["OrderedOutboxTable", "OutboxTable"].map(output);
  const counts = await Promise.all(tables.map((table) => countItems(dynamodb, table)));
  return counts.reduce((sum, count) => sum + count, 0);
}

function scan(client: DynamoDBClient, input: { TableName: string; Select?: "COUNT" }) {
  return paginateScan({ client }, { ...input, ConsistentRead: true });
}
